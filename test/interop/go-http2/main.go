// Command go-http2 sends requests with Go's own client by HTTP/2, many at a time on one connection, and checks that each
// body comes back: `go-http2 URL BODIES`. It prints `ok` and the number of its connections.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
)

func main() {
	url := os.Args[1]
	bodies, err := strconv.Atoi(os.Args[2])
	check(err)
	var connections atomic.Int32
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{
		Protocols:       protocols,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connections.Add(1)
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, address)
		},
	}}
	send(client, url, nil)
	var all sync.WaitGroup
	for index := range bodies {
		all.Add(1)
		go func() {
			defer all.Done()
			send(client, url, bytes.Repeat([]byte{byte(index)}, index*1000))
		}()
	}
	all.Wait()
	fmt.Println("ok", connections.Load())
}

func send(client *http.Client, url string, body []byte) {
	// Without a length, so that the request ends with trailers.
	request, err := http.NewRequest("POST", url, io.NopCloser(bytes.NewReader(body)))
	check(err)
	request.Trailer = http.Header{"X-Sum": {strconv.Itoa(len(body))}}
	response, err := client.Do(request)
	check(err)
	echoed, err := io.ReadAll(response.Body)
	check(err)
	if response.ProtoMajor != 2 || response.StatusCode != 200 || !bytes.Equal(echoed, body) {
		fmt.Println("wrong", response.Proto, response.StatusCode, len(echoed))
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
