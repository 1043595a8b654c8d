// Package registry lets a Go service join and leave a Rollcall registry.
//
// The registry is a Pusher channel: a service publishes one event when it can be reached, and another
// before it goes; gateways listen to both. In between it repeats the first by HTTP ([Lease]), or stays in a
// presence channel by WebSocket ([Presence]). The broker can be hosted Pusher, any compatible server, or
// the one that Rollcall starts on this machine.
//
//	config, err := registry.ConfigFromEnv(os.Getenv)
//	// ...
//	registrar, err := registry.New(registry.Service{Prefix: "/v2", Port: 3000}, config)
//	// ...
//	err = registrar.Register(ctx)         // once the server listens
//	defer registrar.DeRegister(leaveCtx)  // before the server stops
//
// Every fault that a user can act on is an [*Error], whose code says which kind it is and whose
// message says in one line what to do. Nothing secret stands in a message.
package registry
