package registry

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// authTimeout is longer than that of brokers, because the auth server itself asks a broker for up to 15 s.
const authTimeout = 20 * time.Second

// The paths of an auth server. See docs/trust.md.
const (
	authRegistryPath = "/auth/registry"
	authChannelPath  = "/auth/channel"
	authAnnouncePath = "/auth/announce"
)

// An authClient asks an auth server for what needs the app's secret.
type authClient struct {
	url       string
	signer    *signer
	transport http.RoundTripper
	timeout   time.Duration
	now       func() time.Time
}

// newAuthClient returns the client of a valid config, nil if it names no auth server.
func newAuthClient(config Config) *authClient {
	if config.AuthURL == "" {
		return nil
	}
	signer, _ := newSigner(config.ServiceKey, "")
	return &authClient{
		url: strings.TrimSuffix(config.AuthURL, "/"), signer: signer,
		transport: newTransport(), timeout: authTimeout, now: time.Now,
	}
}

// registry asks where the registry is.
func (a *authClient) registry(ctx context.Context) (authRegistry, *fault) {
	answer, fault := a.ask(ctx, authRegistryPath, struct{}{})
	if fault != nil {
		return authRegistry{}, fault
	}
	registry, problem := parseAuthRegistry(answer)
	if problem != "" {
		return authRegistry{}, authRefusal("its response " + problem)
	}
	return registry, nil
}

// authorize asks for the authorization of a subscription. The member of a presence channel is an announcement, of which
// the auth server makes the data of the member.
func (a *authClient) authorize(ctx context.Context, broker, socketID string, s subscription) (authorization, *fault) {
	fields := map[string]any{"broker": broker, "socket_id": socketID, "channel_name": s.channel}
	if s.member != "" {
		fields["announcement"] = json.RawMessage(s.member)
	}
	answer, fault := a.ask(ctx, authChannelPath, fields)
	if fault != nil {
		return authorization{}, fault
	}
	authorized, ok := parseAuthorization(answer)
	if !ok {
		return authorization{}, authRefusal("its response is no authorization")
	}
	return authorized, nil
}

// publish returns nil only if the broker has accepted the event.
func (a *authClient) publish(ctx context.Context, broker, event string, payload []byte) *fault {
	_, fault := a.ask(ctx, authAnnouncePath, map[string]any{
		"broker": broker, "event": event, "announcement": json.RawMessage(payload),
	})
	return fault
}

// ask makes one attempt, and returns the object of a successful response.
func (a *authClient) ask(ctx context.Context, path string, fields any) (map[string]any, *fault) {
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, authRefusal(err.Error())
	}
	status, answer, err := a.post(ctx, path, body)
	if err != nil {
		unanswered := noAnswer(ctx, err, a.timeout)
		unanswered.ofAuth = true
		return nil, unanswered
	}
	var read map[string]any
	if json.Valid(answer) {
		read, _ = decode(answer).(map[string]any)
	}
	switch {
	case status != http.StatusOK:
		detail := fmt.Sprintf("HTTP %d", status)
		if reason, ok := read["detail"].(string); ok {
			detail += ": " + reason
		}
		// 429 asks the client to retry later.
		isTemporary := status >= 500 || status == http.StatusTooManyRequests
		return nil, &fault{ofAuth: true, refused: !isTemporary, detail: detail}
	case len(answer) > maxAnswerBytes:
		return nil, authRefusal(fmt.Sprintf("its response has more than %d bytes", maxAnswerBytes))
	case read == nil:
		return nil, authRefusal("its response is no JSON object: is that an auth server?")
	}
	return read, nil
}

func authRefusal(detail string) *fault { return &fault{ofAuth: true, refused: true, detail: detail} }

// post returns the status and the body of the response, of a body that is too long one byte more than is allowed. It
// follows no redirect, which would send a signed request to a server that is not configured.
func (a *authClient) post(ctx context.Context, path string, body []byte) (status int, answer []byte, _ error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", a.signer.proof(path, a.now().Unix(), body))
	request.Header.Set("Content-Type", "application/json")
	response, err := a.transport.RoundTrip(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	return response.StatusCode, answer, err
}

// proof returns the Authorization field of a request to an auth server.
func (s *signer) proof(path string, time int64, body []byte) string {
	signature := ed25519.Sign(s.key, authRequestText(path, time, body))
	return fmt.Sprintf("Rollcall key=%s, time=%d, signature=%s",
		s.publicHalf(), time, base64.RawURLEncoding.EncodeToString(signature))
}

// authRequestText returns the text that the signature of a request covers. It begins otherwise than that of an
// announcement, so that neither is taken for the other.
func authRequestText(path string, time int64, body []byte) []byte {
	return append(fmt.Appendf(nil, "rollcall auth %s %d\n", path, time), body...)
}

// describe returns the error for the last fault.
func (a *authClient) describe(ctx context.Context, f *fault) *Error {
	detail := plainLine(f.detail)
	if f.refused {
		return &Error{
			Code: CodeAuthRefused,
			Message: fmt.Sprintf("the auth server at %s refused (%s): check ROLLCALL_AUTH_URL and ROLLCALL_SERVICE_KEY, and that the key owns the prefix there",
				a.url, detail),
		}
	}
	return &Error{
		Code: CodeAuthUnreachable,
		Message: fmt.Sprintf("no answer of the auth server at %s (%s): check ROLLCALL_AUTH_URL, and that the server runs and this machine may connect to it",
			a.url, detail),
		Err: f.causeIn(ctx),
	}
}
