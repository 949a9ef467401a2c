// The endpoint that all replay contenders ask: POST /invocations and /endpoints/{name}/invocations answer
// 200 bytes of JSON after -lat milliseconds. GET tells how many were answered since the last GET, and in how many
// seconds from the first to the last. It prints its address on the first line.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	lat := flag.Int("lat", 0, "milliseconds before the answer")
	flag.Parse()
	body := []byte(`{"score":0.8734562,"label":"positive","model":"m-17","version":"2026-11-01","trace":"` + strings.Repeat("a", 200))
	body = append(body[:198], '"', '}')
	started := time.Now()
	var answered, first, last atomic.Int64
	tell := func(w http.ResponseWriter) {
		n, seconds := answered.Swap(0), time.Duration(last.Load()-first.Load()).Seconds()
		fmt.Fprintf(w, `{"requests":%d,"seconds":%.6f}`, n, seconds)
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			tell(w)
			return
		}
		io.Copy(io.Discard, r.Body)
		if *lat > 0 {
			time.Sleep(time.Duration(*lat) * time.Millisecond)
		}
		now := int64(time.Since(started))
		if answered.Add(1) == 1 {
			first.Store(now)
		}
		last.Store(now)
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Write(body)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	// Ends with the bench: its standard input closes.
	go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	if err := http.Serve(listener, http.HandlerFunc(handler)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
