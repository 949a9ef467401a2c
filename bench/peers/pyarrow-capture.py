# Peer: confluent-kafka (librdkafka) → pyarrow (zstd 1, no dictionary; partition, offset, ts, key and value as they came)
# → boto3, an object for every 50,000 rows. BROKER, TOPIC, RECORDS, S3, BUCKET, PREFIX and the usual AWS variables say
# where; prints one JSON document, with the seconds from the first message to the last object written.
import io
import json
import os
import sys
import time

from confluent_kafka import Consumer

ROWS_PER_OBJECT = 50_000
MESSAGES_PER_POLL = 10_000
MIB = 1 << 20

wanted = int(os.environ["RECORDS"])
bucket, prefix = os.environ["BUCKET"], os.environ["PREFIX"]
consumer = Consumer({
    "bootstrap.servers": os.environ["BROKER"],
    "group.id": f"pyarrow-{time.time_ns()}",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "fetch.max.bytes": 16 * MIB,
    "max.partition.fetch.bytes": 4 * MIB,
    "queued.max.messages.kbytes": 65_536,
    "check.crcs": False,
    "fetch.queue.backoff.ms": 5,
})
consumer.subscribe([os.environ["TOPIC"]])

# Loaded while the group forms: the peer may have what it fetches meanwhile for nothing.
import boto3  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

s3 = boto3.client("s3", endpoint_url=os.environ["S3"])


def encode(messages):
    table = pa.table({
        "partition": pa.array([m.partition() for m in messages], pa.int32()),
        "offset": pa.array([m.offset() for m in messages], pa.int64()),
        "ts": pa.array([m.timestamp()[1] for m in messages], pa.int64()),
        "key": pa.array([m.key() for m in messages], pa.binary()),
        "value": pa.array([m.value() for m in messages], pa.binary()),
    })
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", compression_level=1, use_dictionary=False)
    return file.getvalue()


def put(messages, number):
    data = encode(messages)
    s3.put_object(Bucket=bucket, Key=f"{prefix}/part-{number:05d}.parquet", Body=data)
    return len(data)


records = value_bytes = objects = object_bytes = 0
first = None
rows = []
while records < wanted:
    messages = consumer.consume(MESSAGES_PER_POLL, 0.2)
    for message in messages:
        if message.error():
            raise RuntimeError(message.error())
    if messages and first is None:
        first = time.time()
    records += len(messages)
    for message in messages:
        value_bytes += len(message.value())
    rows += messages
    while len(rows) >= ROWS_PER_OBJECT:
        object_bytes += put(rows[:ROWS_PER_OBJECT], objects)
        objects += 1
        rows = rows[ROWS_PER_OBJECT:]
if rows:
    object_bytes += put(rows, objects)
    objects += 1
seconds = time.time() - first
print(json.dumps({"seconds": seconds, "records": records, "objects": objects, "bytes": object_bytes, "read": value_bytes}))
sys.stdout.flush()
# Closing the consumer is no part of the work.
os._exit(0)
