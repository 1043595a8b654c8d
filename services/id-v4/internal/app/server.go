package app

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/rollcall-dev/rollcall/services/id-v4/internal/api"
)

func newServer(serverName string, stderr io.Writer) *http.Server {
	return &http.Server{
		Handler:           api.New(serverName),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		// Longer than a gateway keeps a connection it does not use, so that it is the one to close it.
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       log.New(stderr, "id-v4: ", 0),
		// "OPTIONS *" too gets the headers that every response has.
		DisableGeneralOptionsHandler: true,
	}
}

// checkHealth asks an instance on this machine whether it is well, for container images that hold
// nothing but this program.
func checkHealth(url string) error {
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return fmt.Errorf("not well: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("not well: " + response.Status)
	}
	return nil
}
