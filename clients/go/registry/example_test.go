package registry_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
)

// A service announces itself once it listens, and leaves before it stops.
func Example() {
	// In a program this is registry.ConfigFromEnv(os.Getenv); here a stand-in is the broker.
	config, stop := standInBroker()
	defer stop()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()

	registrar, err := registry.New(registry.Service{
		Prefix: "/greetings/",
		Port:   listener.Addr().(*net.TCPAddr).Port,
		Health: &registry.Health{Path: "/health"},
	}, config)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := registrar.Register(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("registered", registrar.Service().Prefix)

	if err := registrar.DeRegister(ctx); err != nil {
		log.Print(err)
	}
	_ = server.Shutdown(ctx)
	// Output:
	// the broker took an event
	// registered /greetings
	// the broker took an event
}

func ExampleParseAnnouncement() {
	service, err := registry.ParseAnnouncement([]byte(`{"prefix":"/v1/","port":"3000","address":"::ffff:10.0.0.7"}`))
	fmt.Println(service, err)

	_, err = registry.ParseAnnouncement([]byte(`{"prefix":"/v1","port":0,"address":"10.0.0.7"}`))
	fmt.Println(err)
	// Output:
	// /v1 at http://10.0.0.7:3000 <nil>
	// port is 0; it must be a whole number from 1 to 65535
}

func standInBroker() (registry.Config, func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Println("the broker took an event")
		_, _ = io.WriteString(w, "{}")
	}))
	address := server.Listener.Addr().(*net.TCPAddr)
	return registry.Config{AppID: "1", Key: "key", Secret: "secret", Host: "127.0.0.1", Port: address.Port, Mode: registry.Lease}, server.Close
}
