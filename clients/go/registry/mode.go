package registry

// A Mode is how a [Registrar] keeps its service known to observers from Register to DeRegister.
type Mode int

const (
	// Presence, the default, holds a WebSocket connection. The instance stays in a presence channel, so that an
	// observer that starts finds it at once, and every observer sees at once when it stops. It costs no messages
	// while nothing changes.
	Presence Mode = iota
	// Lease needs HTTP requests only, for environments without WebSocket connections. The announcement is valid for
	// [Service.TTL] and is renewed every third of it: an observer that starts with no other observer beside it may
	// wait that long.
	Lease
)
