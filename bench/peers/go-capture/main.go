// Peer: franz-go → parquet-go (zstd, fastest) → minio-go, an object for every 50,000 rows: what Redpanda Connect runs
// on. By default each message is parsed and its members id, model, ts, input and output stand in columns, as ours do;
// -raw writes key and value as they came, which is less work than ours.
//
// BROKER, TOPIC, RECORDS, S3, BUCKET, PREFIX and the usual AWS variables say where; one JSON document says what it did,
// with the seconds from the first message to the last object written.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	rowsPerObject          = 50_000
	fetchMaxBytes          = 16 << 20
	fetchMaxPartitionBytes = 4 << 20
)

func main() {
	raw := flag.Bool("raw", false, "keep key and value as they came")
	encoders := flag.Int("par", 2, "objects encoded and written at once")
	flag.Parse()
	encode := encodeMembers
	if *raw {
		encode = encodeRaw
	}
	bucket := openBucket()
	consumer := openConsumer()
	defer consumer.Close()

	batches := make(chan []*kgo.Record)
	var writers sync.WaitGroup
	for range *encoders {
		writers.Go(func() {
			for batch := range batches {
				file, err := encode(batch)
				check(err)
				bucket.put(file)
			}
		})
	}
	first, records := consume(consumer, wantedRecords(), batches)
	close(batches)
	writers.Wait()
	seconds := time.Since(first).Seconds()
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": seconds,
		"records": records,
		"objects": bucket.objects.Load(),
		"bytes":   bucket.bytes.Load(),
	}))
}

// consume hands over batches until `wanted` records came, and tells when the first did.
func consume(consumer *kgo.Client, wanted int, batches chan<- []*kgo.Record) (first time.Time, records int) {
	batch := make([]*kgo.Record, 0, rowsPerObject)
	for records < wanted {
		fetches := consumer.PollFetches(context.Background())
		if records == 0 && fetches.NumRecords() > 0 {
			first = time.Now()
		}
		fetches.EachError(func(_ string, _ int32, err error) { check(err) })
		fetches.EachRecord(func(record *kgo.Record) {
			records++
			batch = append(batch, record)
			if len(batch) == rowsPerObject {
				batches <- batch
				batch = make([]*kgo.Record, 0, rowsPerObject)
			}
		})
	}
	if len(batch) > 0 {
		batches <- batch
	}
	return first, records
}

// openConsumer joins a group of its own at the beginning of the topic.
func openConsumer() *kgo.Client {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(setting("BROKER")),
		kgo.ConsumeTopics(setting("TOPIC")),
		kgo.ConsumerGroup(fmt.Sprintf("go-capture-%d", time.Now().UnixNano())),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.FetchMaxBytes(fetchMaxBytes),
		kgo.FetchMaxPartitionBytes(fetchMaxPartitionBytes),
	)
	check(err)
	return client
}

func wantedRecords() int {
	wanted, err := strconv.Atoi(setting("RECORDS"))
	check(err)
	return wanted
}

func setting(name string) string {
	value, found := os.LookupEnv(name)
	if !found {
		log.Fatalf("%s is not set", name)
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
