# Peer: datacompy with polars: outputs flattened, the same tolerances, loading counted.
# python datacompy-polars.py CAPTURES_GLOB REPLAYS_GLOB ATOL RTOL; prints one JSON document.
import json
import logging
import sys
import time

import datacompy
import polars as pl

legacy, candidate, atol, rtol = sys.argv[1:5]
logging.disable(logging.CRITICAL)
OUTPUT = pl.Struct({
    "label": pl.Utf8,
    "score": pl.Float64,
    "probs": pl.List(pl.Float64),
    "version": pl.Utf8,
    "reason": pl.Utf8,
})


def flat(files):
    rows = pl.read_parquet(files, columns=["id", "model", "output"], glob=True)
    output = pl.col("output").cast(pl.Utf8).str.json_decode(OUTPUT).alias("o")
    fields = [pl.col("o").struct.field(name) for name in ("label", "score", "version", "reason")]
    probs = [pl.col("o").struct.field("probs").list.get(i).alias(f"p{i}") for i in range(3)]
    return rows.with_columns(output).select("id", "model", *fields, *probs)


started = time.time()
a, b = flat(legacy), flat(candidate)
compared = datacompy.PolarsCompare(a, b, join_columns="id", abs_tol=float(atol), rel_tol=float(rtol))
matching = compared.count_matching_rows()
seconds = time.time() - started
print(json.dumps({
    "seconds": seconds,
    "mismatched": a.height - matching,
}))
