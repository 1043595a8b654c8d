// Package registry lets a Go service join and leave a Rollcall registry.
//
// The registry is a Pusher channel. A service publishes one event when it can be reached, and another before it
// leaves. Gateways subscribe to both. In between, the service renews the first one by HTTP ([Lease]), or stays in a
// presence channel by WebSocket ([Presence]). The broker is hosted Pusher, any compatible server, or the one that
// Rollcall starts on this machine. A service with a service key needs no secret of it if there is an auth server
// ([Config.AuthURL]).
//
//	config, err := registry.ConfigFromEnv(os.Getenv)
//	// ...
//	registrar, err := registry.New(registry.Service{Prefix: "/v2", Port: 3000}, config)
//	// ...
//	err = registrar.Register(ctx)         // once the server listens
//	defer registrar.DeRegister(leaveCtx)  // before the server stops
//
// Every error that a user can act on is an [*Error]. Its code says what kind of fault it is, and its message says in
// one line what is wrong and what to do. A message contains no secrets.
package registry
