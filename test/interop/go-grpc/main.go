// A server of grpc-go with health checks, and a client that calls through the gateway.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2])
	} else {
		call(os.Args[2])
	}
}

func serve(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.MaxConcurrentStreams(50))
	state := health.NewServer()
	state.SetServingStatus("a", healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(server, state)
	// So that there is something to watch; "a" is what is probed.
	go func() {
		for {
			time.Sleep(50 * time.Millisecond)
			state.SetServingStatus("b", healthpb.HealthCheckResponse_NOT_SERVING)
			time.Sleep(50 * time.Millisecond)
			state.SetServingStatus("b", healthpb.HealthCheckResponse_SERVING)
		}
	}()
	panic(server.Serve(listener))
}

func call(address string) {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	client := healthpb.NewHealthClient(connection)
	failures := make(chan error, 1000)
	for range 500 {
		go func() {
			_, err := client.Check(context.Background(), &healthpb.HealthCheckRequest{Service: "a"})
			failures <- err
		}()
	}
	failed := 0
	for range 500 {
		if err := <-failures; err != nil {
			fmt.Println(err)
			failed++
		}
	}
	fmt.Println("failed:", failed)
	_, err = client.Check(context.Background(), &healthpb.HealthCheckRequest{Service: "unknown"})
	fmt.Println("unknown:", err)
	stream, err := client.Watch(context.Background(), &healthpb.HealthCheckRequest{Service: "b"})
	if err != nil {
		panic(err)
	}
	for range 3 {
		if _, err := stream.Recv(); err != nil {
			panic(err)
		}
	}
	fmt.Println("watched")
	short, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	stream, err = client.Watch(short, &healthpb.HealthCheckRequest{Service: "none"})
	for err == nil {
		_, err = stream.Recv()
	}
	fmt.Println("deadline:", err)
}
