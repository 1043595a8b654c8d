package app

import (
	"errors"
	"syscall"

	"github.com/rollcall-dev/rollcall/clients/go/registry"
)

// The exit codes, which are those of Rollcall's other programs.
const (
	exitOK          = 0
	exitFailure     = 1
	exitConfig      = 2
	exitListen      = 3
	exitUnreachable = 4
	exitRefused     = 5
)

// The codes of errors other than those of the registry, which are those of Rollcall's other programs.
const (
	codePortTaken registry.Code = "ROLLCALL_PORT_TAKEN"
	codeListen    registry.Code = "ROLLCALL_LISTEN"
)

func exitCodeOf(err error) int {
	var fault *registry.Error
	if !errors.As(err, &fault) {
		return exitFailure
	}
	switch fault.Code {
	case registry.CodeConfig, registry.CodeAnnouncement, registry.CodeNoAddress:
		return exitConfig
	case codePortTaken, codeListen:
		return exitListen
	case registry.CodeBrokerUnreachable, registry.CodeAuthUnreachable:
		return exitUnreachable
	case registry.CodeBrokerRefused, registry.CodeAuthRefused:
		return exitRefused
	}
	return exitFailure
}

func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return &registry.Error{
			Code:    codePortTaken,
			Message: "cannot listen on " + address + ": the port is taken; set -http.port to a free one, or 0",
			Err:     err,
		}
	}
	var cause syscall.Errno
	reason := err.Error()
	if errors.As(err, &cause) {
		reason = cause.Error()
	}
	return &registry.Error{
		Code:    codeListen,
		Message: "cannot listen on " + address + " (" + reason + "): check HOST and -http.port",
		Err:     err,
	}
}
