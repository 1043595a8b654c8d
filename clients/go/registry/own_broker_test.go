package registry

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pusher/pusher-http-go/v5"
)

// The repository's own broker as a process that ends with its standard input, so with us in any case.
const ownBrokerProgram = `
const [folder, port, appId, key, secret] = process.argv.slice(1);
const { createBroker } = await import(folder + '/packages/broker/dist/index.js');
const broker = await createBroker({ apps: [{ appId, key, secret }], port: Number(port) });
console.log(broker.port);
process.stdin.resume().on('end', () => process.exit());
`

type ownBroker struct {
	port    string
	process *exec.Cmd
	stdin   io.Closer
}

func startOwnBroker(t *testing.T) *ownBroker {
	t.Helper()
	b := &ownBroker{port: "0"}
	b.start(t)
	t.Cleanup(func() { b.stop(t) })
	return b
}

// start listens where it did before.
func (b *ownBroker) start(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		skip(t, "Node is not on this machine, and the broker needs it")
	}
	b.process = exec.Command(node, "--input-type=module", "-e", ownBrokerProgram, root, b.port, "7", testKey, testSecret)
	var stderr strings.Builder
	b.process.Stderr = &stderr
	stdout, err := b.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if b.stdin, err = b.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = b.process.Wait()
		t.Fatalf("the broker does not start: build it with npm run setup\n%s", stderr.String())
	}
	b.port = strings.TrimSpace(line)
}

// stop ends it as a crash does.
func (b *ownBroker) stop(t *testing.T) {
	t.Helper()
	_ = b.process.Process.Kill()
	_ = b.process.Wait()
}

func (b *ownBroker) config(t *testing.T) Config {
	t.Helper()
	config := configFor(t, net.JoinHostPort("127.0.0.1", b.port))
	config.Mode = Presence
	return config
}

// publish says something as an observer does, sealed if the channel is encrypted.
func publish(t *testing.T, config Config, channel, event string, data any) {
	t.Helper()
	client := pusher.Client{
		AppID: config.AppID, Key: config.Key, Secret: config.Secret, Host: config.endpoint(),
		EncryptionMasterKeyBase64: config.MasterKey, HTTPClient: http.DefaultClient,
	}
	if strings.HasPrefix(channel, encryptedPrefix) {
		data = json.RawMessage(envelope{event, channel}.enclose([]byte(encoded(t, data))))
	}
	if err := client.Trigger(channel, event, data); err != nil {
		t.Fatal(err)
	}
}

// observer hears what every observer of one instance hears.
type observer struct{ *link }

func observe(t *testing.T, config Config, id string) observer {
	t.Helper()
	b := newBroker(config)
	ctx, cancel := context.WithTimeout(t.Context(), inTime)
	defer cancel()
	l, err := b.dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	member := subscription{b.channels.presence(id), `{"user_id":"observer"}`}
	if _, err := l.join(ctx, subscription{channel: b.channels.registry}, member); err != nil {
		t.Fatal(err)
	}
	return observer{l}
}

// hears expects exactly this as the next thing, and returns what it is about.
func (o observer) hears(t *testing.T, event string) []byte {
	t.Helper()
	received := receive(t, o.received, event)
	if received.Event != event {
		t.Fatalf("received %s in %s, not %s: %s", received.Event, received.Channel, event, received.Data)
	}
	return received.Data
}

func (o observer) hearsOf(t *testing.T, event string) Service {
	t.Helper()
	service, err := ParseAnnouncement(o.hears(t, event))
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// seesCome is the member that joins, and its announcement.
func (o observer) seesCome(t *testing.T) (user string, service Service) {
	t.Helper()
	var member struct {
		UserID   string          `json:"user_id"`
		UserInfo json.RawMessage `json:"user_info"`
	}
	if err := json.Unmarshal(o.hears(t, frameMemberAdded), &member); err != nil {
		t.Fatal(err)
	}
	service, err := ParseAnnouncement(member.UserInfo)
	if err != nil {
		t.Fatal(err)
	}
	return member.UserID, service
}

func (o observer) seesGo(t *testing.T) (user string) {
	t.Helper()
	var member struct {
		UserID string `json:"user_id"`
	}
	if err := json.Unmarshal(o.hears(t, "pusher_internal:member_removed"), &member); err != nil {
		t.Fatal(err)
	}
	return member.UserID
}

// presentFor makes a registrar in presence mode whose time the test makes pass.
func presentFor(t *testing.T, config Config) (*Registrar, *ticker) {
	t.Helper()
	r, err := New(Service{Prefix: "/v2", Port: 4123, ID: "mine"}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { abandon(r) })
	r.leaveWindow = 0
	return r, tick(r)
}
