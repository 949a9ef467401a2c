package main

import (
	"bytes"
	"encoding/json"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"
)

var codec = &zstd.Codec{Level: zstd.SpeedFastest}

type rawRow struct {
	Partition int32  `parquet:"partition"`
	Offset    int64  `parquet:"offset"`
	Ts        int64  `parquet:"ts"`
	Key       []byte `parquet:"key"`
	Value     []byte `parquet:"value"`
}

type memberRow struct {
	Partition int32  `parquet:"partition"`
	Offset    int64  `parquet:"offset"`
	ID        string `parquet:"id"`
	Model     string `parquet:"model"`
	Ts        int64  `parquet:"ts"`
	Input     []byte `parquet:"input"`
	Output    []byte `parquet:"output"`
}

type message struct {
	ID     string          `json:"id"`
	Model  string          `json:"model"`
	Ts     int64           `json:"ts"`
	Input  json.RawMessage `json:"input"`
	Output json.RawMessage `json:"output"`
}

func encodeRaw(records []*kgo.Record) ([]byte, error) {
	rows := make([]rawRow, len(records))
	for i, r := range records {
		rows[i] = rawRow{r.Partition, r.Offset, r.Timestamp.UnixMilli(), r.Key, r.Value}
	}
	return encodeRows(rows)
}

func encodeMembers(records []*kgo.Record) ([]byte, error) {
	rows := make([]memberRow, len(records))
	for i, r := range records {
		var m message
		if err := json.Unmarshal(r.Value, &m); err != nil {
			return nil, err
		}
		rows[i] = memberRow{r.Partition, r.Offset, m.ID, m.Model, m.Ts, m.Input, m.Output}
	}
	return encodeRows(rows)
}

func encodeRows[Row any](rows []Row) ([]byte, error) {
	var file bytes.Buffer
	writer := parquet.NewGenericWriter[Row](&file, parquet.Compression(codec))
	if _, err := writer.Write(rows); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}
