module github.com/rollcall-dev/rollcall/services/id-v4

go 1.24.0

replace github.com/rollcall-dev/rollcall/clients/go => ../../clients/go

require (
	github.com/coder/websocket v1.8.15
	github.com/go-chi/chi/v5 v5.5.0
	github.com/google/uuid v1.6.0
	github.com/rollcall-dev/rollcall/clients/go v0.0.0
)

require (
	github.com/pusher/pusher-http-go/v5 v5.1.1 // indirect
	golang.org/x/crypto v0.45.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
)
