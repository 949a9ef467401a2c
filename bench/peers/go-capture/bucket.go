package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is where the objects of this run go, each under a number of its own.
type bucket struct {
	client       *minio.Client
	name, prefix string

	number, objects, bytes atomic.Int64
}

func openBucket() *bucket {
	endpoint, err := url.Parse(setting("S3"))
	check(err)
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY"), ""),
		Region: setting("AWS_REGION"),
		Secure: endpoint.Scheme == "https",
	})
	check(err)
	return &bucket{client: client, name: setting("BUCKET"), prefix: setting("PREFIX")}
}

func (b *bucket) put(file []byte) {
	key := fmt.Sprintf("%s/part-%05d.parquet", b.prefix, b.number.Add(1))
	size := int64(len(file))
	_, err := b.client.PutObject(context.Background(), b.name, key, bytes.NewReader(file), size, minio.PutObjectOptions{})
	check(err)
	b.objects.Add(1)
	b.bytes.Add(size)
}
