package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-dev/rollcall/services/id-v4/internal/brokertest"
)

// A test starts the program as a process of its own by running this test binary with this set. So the
// program is the one under test, race detector included, and not one that a build cache holds.
const runAsProgram = "ID_V4_TEST_RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runAsProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// inTime is how long what comes by itself may take. It only keeps a broken program from holding up the tests.
const inTime = 20 * time.Second

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(inTime):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// process is the real program, as a user starts it.
type process struct {
	*exec.Cmd
	stdout *bufio.Reader
	stderr strings.Builder
	ended  chan error
}

func startProcess(t *testing.T, env map[string]string, stdin ...*os.File) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], "-http.port", "0"), ended: make(chan error, 1)}
	p.Env = []string{runAsProgram + "=1", "SERVER_NAME=instance-1"}
	for name, value := range env {
		p.Env = append(p.Env, name+"="+value)
	}
	p.Stderr = &p.stderr
	if len(stdin) > 0 {
		p.Stdin = stdin[0]
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.stdout = writer, bufio.NewReader(reader)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	go func() { p.ended <- p.Wait() }()
	t.Cleanup(func() {
		_ = p.Process.Kill() // has no effect on one that has ended
		reader.Close()
	})
	return p
}

// line reads one line of the program's output and returns what comes after prefix.
func (p *process) line(t *testing.T, prefix string) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), prefix)
	if err != nil || !ok {
		t.Fatalf("got the line %q (%v), want one that begins %q; stderr %q", line, err, prefix, p.stderr.String())
	}
	return rest
}

func (p *process) exitCode(t *testing.T) int {
	t.Helper()
	receive(t, p.ended, "the end of the process")
	return p.ProcessState.ExitCode()
}

// slowRequest is a POST /generate of which half the body has been sent and the server knows.
func slowRequest(t *testing.T, address string) (finish func() *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(inTime))
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /generate HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
	reader := bufio.NewReader(conn)
	// 100 Continue is what the server sends once the handler reads the body: the request is under way.
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v", line, err)
	}
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return func() *http.Response {
		t.Helper()
		if _, err := io.WriteString(conn, "body"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("the request under way was cut off: %v", err)
		}
		return response
	}
}

func TestItLeavesOnEverySignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			exiting, release := make(chan struct{}), make(chan struct{})
			letGo := sync.OnceFunc(func() { close(release) })
			broker := brokertest.New(t, func(event brokertest.Event) int {
				if event.Name == "exit" {
					close(exiting)
					<-release
				}
				return 0
			})
			t.Cleanup(letGo) // before the broker's own, which waits for its handlers
			p := startProcess(t, broker.Env())
			url := p.line(t, "id-v4 listens on ")
			if got := p.line(t, "registered "); got != "/v2 at "+url {
				t.Errorf("registered %s, listens on %s", got, url)
			}
			finish := slowRequest(t, strings.TrimPrefix(url, "http://"))

			if err := p.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			receive(t, exiting, "the exit at the broker")
			// The broker has not accepted the exit: gateways still send requests here.
			select {
			case err := <-p.ended:
				t.Fatalf("it ended before its exit was accepted: %v", err)
			default:
			}
			response, err := http.Post(url+"/generate", "", nil)
			if err != nil || response.StatusCode != 200 {
				t.Fatalf("it does not answer while it leaves: %v", err)
			}
			response.Body.Close()
			letGo()
			p.line(t, "left the registry")
			if response := finish(); response.StatusCode != 200 || response.Header.Get("X-Server") != "instance-1" {
				t.Errorf("the request under way got %d", response.StatusCode)
			}
			if code := p.exitCode(t); code != 0 || p.stderr.Len() > 0 {
				t.Errorf("exit %d, stderr %q", code, p.stderr.String())
			}
			if names := broker.Names(); names != "register exit" {
				t.Errorf("published %s", names)
			}
		})
	}
}

func TestItRegistersOnlyOnceItListens(t *testing.T) {
	answered := make(chan error, 1)
	broker := brokertest.New(t, func(event brokertest.Event) int {
		// Only the announcement tells where the instance is: what listens there must be it.
		address := net.JoinHostPort(fmt.Sprint(event.Data["address"]), fmt.Sprint(event.Data["port"]))
		response, err := http.Get("http://" + address + "/health")
		if err == nil && response.Header.Get("X-Server") != "instance-1" {
			err = fmt.Errorf("another server listens at %s", address)
		}
		answered <- err
		return 0
	})
	startProcess(t, broker.Env())
	if err := receive(t, answered, "the announcement at the broker"); err != nil {
		t.Fatal(err)
	}
}

func TestItLeavesWithTheProgramThatStartedItIfAsked(t *testing.T) {
	broker := brokertest.New(t, nil)
	stdin, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	env := broker.Env()
	env["ROLLCALL_END_WITH_STDIN"] = "1"
	p := startProcess(t, env, stdin)
	p.line(t, "id-v4 listens on ")
	p.line(t, "registered ")
	held.Close()
	p.line(t, "left the registry")
	if code := p.exitCode(t); code != 0 || broker.Names() != "register exit" {
		t.Errorf("exit %d, published %s", code, broker.Names())
	}
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	broker := brokertest.New(t, nil)
	p := startProcess(t, broker.Env())
	url := p.line(t, "id-v4 listens on ")
	p.line(t, "registered ")
	slowRequest(t, strings.TrimPrefix(url, "http://")) // never finished

	_ = p.Process.Signal(syscall.SIGTERM)
	p.line(t, "left the registry")
	asked := time.Now()
	_ = p.Process.Signal(syscall.SIGQUIT)
	if code := p.exitCode(t); code != 1 || strings.Count(p.stderr.String(), "\n") != 1 {
		t.Errorf("exit %d, stderr %q", code, p.stderr.String())
	}
	if took := time.Since(asked); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestFailingToLeaveIsOneLineAndExits1(t *testing.T) {
	broker := brokertest.New(t, func(event brokertest.Event) int {
		if event.Name == "exit" {
			return http.StatusForbidden
		}
		return 0
	})
	p := startProcess(t, broker.Env())
	p.line(t, "id-v4 listens on ")
	p.line(t, "registered ")
	_ = p.Process.Signal(syscall.SIGTERM)
	code := p.exitCode(t)
	if stderr := p.stderr.String(); code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "could not leave") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
}

func TestWithoutABrokerItServesSaysSoOnceAndLeavesInOrder(t *testing.T) {
	broker := brokertest.New(t, nil)
	env := broker.Env()
	broker.Close()
	p := startProcess(t, env)
	url := p.line(t, "id-v4 listens on ")
	response, err := http.Get(url + "/health")
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("it does not serve: %v", err)
	}
	response.Body.Close()
	time.Sleep(time.Second) // three attempts fail
	_ = p.Process.Signal(syscall.SIGTERM)
	code := p.exitCode(t)
	stderr := p.stderr.String()
	if code != 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "not registered yet, retrying: cannot reach the broker") {
		t.Errorf("exit %d, stderr %q", code, stderr)
	}
	if strings.Contains(stderr, brokertest.Secret) || strings.Contains(stderr, "auth_") {
		t.Errorf("stderr shows what is secret: %q", stderr)
	}
}
