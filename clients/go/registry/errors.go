package registry

import "errors"

// A Code says what kind of fault an [Error] is. The codes are the same in all of Rollcall's clients.
type Code string

const (
	// CodeConfig: a setting is invalid, or contradicts another.
	CodeConfig Code = "ROLLCALL_CONFIG"
	// CodeAnnouncement: the announcement is invalid, so that every observer would refuse it.
	CodeAnnouncement Code = "ROLLCALL_ANNOUNCEMENT"
	// CodeNoAddress: this machine has no address that other machines can reach.
	CodeNoAddress Code = "ROLLCALL_NO_ADDRESS"
	// CodeBrokerUnreachable: the broker did not respond, or cannot serve at the moment.
	CodeBrokerUnreachable Code = "ROLLCALL_BROKER_UNREACHABLE"
	// CodeBrokerRefused: the broker refuses the event.
	CodeBrokerRefused Code = "ROLLCALL_BROKER_REFUSED"
	// CodeAuthUnreachable: the auth server did not respond, or cannot serve at the moment.
	CodeAuthUnreachable Code = "ROLLCALL_AUTH_UNREACHABLE"
	// CodeAuthRefused: the auth server refuses what it is asked for.
	CodeAuthRefused Code = "ROLLCALL_AUTH_REFUSED"
)

// Error is an error that a user can act on.
type Error struct {
	// Code says what kind of fault it is.
	Code Code
	// Message says in one line what is wrong and what to do. It contains no secrets.
	Message string
	// Err is the cause, if there is one: a [*Refusal], the error of the context, or a network error.
	Err error
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// codeOf returns the code of an error, "" if it has none.
func codeOf(err error) Code {
	var fault *Error
	if errors.As(err, &fault) {
		return fault.Code
	}
	return ""
}

func configError(message string) *Error {
	return &Error{Code: CodeConfig, Message: message}
}
