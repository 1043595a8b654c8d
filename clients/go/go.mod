module github.com/rollcall-dev/rollcall/clients/go

go 1.24.0

require github.com/pusher/pusher-http-go/v5 v5.1.1

require (
	github.com/coder/websocket v1.8.15 // indirect
	golang.org/x/crypto v0.45.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
)
