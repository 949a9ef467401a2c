# Peer: DuckDB, two threads: full join on id, JSON extracted only where bytes differ, the same tolerances.
# python duckdb.py CAPTURES_GLOB REPLAYS_GLOB ATOL RTOL; prints one JSON document.
import json
import sys
import time

# The script's own folder comes first on the path, and this file is called duckdb.py.
sys.path.pop(0)
import duckdb  # noqa: E402

legacy, candidate, atol, rtol = sys.argv[1:5]


def far(path):
    new, old = f"(bo->>'{path}')::double", f"(ao->>'{path}')::double"
    return f"abs({new}-{old})>{atol}+{rtol}*abs({old})"


def differs(path):
    return f"(ao->>'{path}') is distinct from (bo->>'{path}')"


numbers = [far(p) for p in ("$.score", "$.probs[0]", "$.probs[1]", "$.probs[2]")]
texts = [differs(p) for p in ("$.label", "$.version", "$.reason")]
query = f"""
with d as materialized (
  select decode(a.output) ao, decode(b.output) bo
  from '{legacy}' a full join '{candidate}' b using (id)
  where a.output is distinct from b.output)
select count(*), count(*) filter ({" or ".join(texts + numbers)}) from d"""

started = time.time()
connection = duckdb.connect()
connection.execute("set threads=2")
different, mismatched = connection.execute(query).fetchall()[0]
seconds = time.time() - started
print(json.dumps({
    "seconds": seconds,
    "different": different,
    "mismatched": mismatched,
}))
