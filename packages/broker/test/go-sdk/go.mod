module github.com/rollcall-dev/rollcall/packages/broker/test/go-sdk

go 1.24.0

require github.com/pusher/pusher-http-go/v5 v5.1.1

require (
	golang.org/x/crypto v0.45.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
)
