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
		// Longer than a gateway keeps an idle connection, so that the gateway is the one that closes it.
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       log.New(stderr, "id-v4: ", 0),
		// So that "OPTIONS *" gets the header fields of every response, too.
		DisableGeneralOptionsHandler: true,
	}
}

// checkHealth probes the instance on this machine, for container images that contain only this program.
func checkHealth(url string) error {
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return fmt.Errorf("unhealthy: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("unhealthy: " + response.Status)
	}
	return nil
}
