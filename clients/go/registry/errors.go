package registry

// A Code tells the faults that a user can act on apart. The codes are those of Rollcall's other clients.
type Code string

const (
	// CodeConfig: the settings do not fit together.
	CodeConfig Code = "ROLLCALL_CONFIG"
	// CodeAnnouncement: what was to be announced would be refused by every observer.
	CodeAnnouncement Code = "ROLLCALL_ANNOUNCEMENT"
	// CodeNoAddress: this machine has no address that another can reach.
	CodeNoAddress Code = "ROLLCALL_NO_ADDRESS"
	// CodeBrokerUnreachable: no answer came, or one that says the broker cannot serve now.
	CodeBrokerUnreachable Code = "ROLLCALL_BROKER_UNREACHABLE"
	// CodeBrokerRefused: the broker answered that it will not take the event.
	CodeBrokerRefused Code = "ROLLCALL_BROKER_REFUSED"
)

// Error is a fault that a user can act on.
type Error struct {
	Code Code
	// Message says in one line what is wrong and what to do. It holds nothing secret.
	Message string
	// Err is the cause, if there is one: a [*Refusal], the context's error or a network error.
	Err error
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func configError(message string) *Error {
	return &Error{Code: CodeConfig, Message: message}
}
