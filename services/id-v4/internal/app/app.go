// Package app assembles the service: settings, server, registry, and the order in which they stop.
package app

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
)

// Main runs the service until a signal comes or the server fails, and returns the exit code.
func Main(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	err := start(args, getenv, stdout, stderr)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(stderr, "id-v4:", err)
	}
	return exitCodeOf(err)
}

func start(args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	settings, err := readSettings(args, getenv)
	if errors.Is(err, errHelp) {
		fmt.Fprint(stdout, usage)
		return nil
	}
	if err != nil {
		return err
	}
	if settings.healthcheck {
		return checkHealth(settings.healthURL())
	}
	// Room for two, because a second signal ends the process while the first is being handled.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(signals)
	// `rollcall up` sets this and holds the other end of standard input. When it is gone, even by SIGKILL, this
	// process leaves, too. Output then has no reader, which must not end the process before it has left.
	if getenv("ROLLCALL_END_WITH_STDIN") != "" {
		signal.Ignore(syscall.SIGPIPE)
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			signals <- syscall.SIGTERM
		}()
	}

	listener, err := net.Listen("tcp", settings.listenAddress())
	if err != nil {
		return listenError(settings.listenAddress(), err)
	}
	registrar, err := registry.New(registry.Service{
		Prefix: "/v2",
		Port:   listener.Addr().(*net.TCPAddr).Port, // the actual one, if 0 was asked for
		Name:   "id-v4",
		Host:   settings.serverName,
		Health: &registry.Health{Path: "/health"},
	}, settings.config)
	if err != nil {
		listener.Close()
		return err
	}
	life := lifetime{
		registrar: registrar,
		server:    newServer(settings.serverName, stderr),
		stdout:    stdout,
		stderr:    stderr,
		kill:      func() { os.Exit(exitFailure) },
	}
	return life.run(listener, signals)
}
