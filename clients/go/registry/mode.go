package registry

// A Mode is how a [Registrar] keeps its service known to observers from Register to DeRegister.
type Mode int

const (
	// Lease, the default, needs HTTP only. The announcement is valid for [Service.TTL] and is renewed every
	// third of it.
	Lease Mode = iota
	// Presence needs a WebSocket connection. The instance stays in a presence channel, so that observers see
	// at once when it stops. It costs no messages while nothing changes.
	Presence
)
