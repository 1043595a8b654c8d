package registry

// A Mode is how a [Registrar] keeps its service known from Register to DeRegister.
type Mode int

const (
	// Lease needs HTTP only: the announcement is good for [Service.TTL] and repeated every third of it.
	Lease Mode = iota
	// Presence needs a WebSocket: the instance stays in a presence channel, whose end is seen at once, and
	// costs no messages while nothing changes.
	Presence
)
