"""Runs the statements of an SQL file in DuckDB, then each query of a JSON list, and prints the rows as JSON.

Arguments: the SQL file, the JSON list, a folder for extensions. The extensions come from the package index.
"""

import importlib
import json
import pathlib
import shutil
import sys

import duckdb

sql_file, queries, scratch = sys.argv[1:]
connection = duckdb.connect(config={"extension_directory": scratch})
platform = connection.execute("PRAGMA platform").fetchone()[0]
folder = pathlib.Path(scratch, f"v{duckdb.__version__}", platform)
folder.mkdir(parents=True, exist_ok=True)
# Where INSTALL would have put them, had it gone to the network.
for name in ("httpfs", "aws"):
    package = pathlib.Path(importlib.import_module(f"duckdb_extension_{name}").__file__).parent
    for file in package.glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"):
        shutil.copy(file, folder)
with open(sql_file, encoding="utf-8") as file:
    connection.execute(file.read())
rows = []
for query in json.loads(queries):
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    rows.append([dict(zip(names, row)) for row in result.fetchall()])
print(json.dumps(rows, default=str))
