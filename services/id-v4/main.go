// Command id-v4 is the unique-ID service, version 2. It responds to every POST /generate with a random UUID, and
// registers itself under /v2 while it listens.
package main

import (
	"os"

	"github.com/rollcall-dev/rollcall/services/id-v4/internal/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
