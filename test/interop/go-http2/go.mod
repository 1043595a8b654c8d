module github.com/rollcall-dev/rollcall/test/interop/go-http2

go 1.24.0
