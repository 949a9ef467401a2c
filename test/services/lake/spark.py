"""Runs the statements of an SQL file in Spark, then each query of a JSON list, and prints the rows as JSON.

Arguments: the SQL file, the JSON list, the folder of the S3 jars, a folder for what Spark writes.
Credentials come from the environment, as the AWS SDK reads them.
"""

import json
import sys

from pyspark.sql import SparkSession

sql_file, queries, jars, scratch = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[1]")
    .appName("cutover-lake")
    .config("spark.driver.extraClassPath", f"{jars}/*")
    .config("spark.driver.memory", "1g")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.warehouse.dir", scratch)
    .config("spark.local.dir", scratch)
    .config(
        "spark.hadoop.fs.s3a.aws.credentials.provider",
        "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider",
    )
    .getOrCreate()
)
with open(sql_file, encoding="utf-8") as file:
    text = "".join(line for line in file if not line.startswith("--"))
for statement in text.split(";\n"):
    if statement.strip():
        spark.sql(statement)
rows = [[row.asDict() for row in spark.sql(query).collect()] for query in json.loads(queries)]
print(json.dumps(rows, default=str))
spark.stop()
