package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A response is an empty object or an error of a line or two.
const maxAnswerBytes = 64 << 10

// newTransport keeps no connection open. Between two events lies a third of a lease, and a connection that broke in
// the meantime would cost an event.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DisableKeepAlives:   true,
		TLSHandshakeTimeout: requestTimeout,
	}
}

// exchange carries one request of the Pusher library. The library takes no context, and reports a refusal as text
// only, so this adds the caller's context to the request and keeps the response.
type exchange struct {
	ctx       context.Context
	transport http.RoundTripper

	answered bool
	status   int
	body     []byte
}

func (e *exchange) RoundTrip(request *http.Request) (*http.Response, error) {
	// The request's own context has the client's timeout. Both can end the request.
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	stop := context.AfterFunc(e.ctx, func() { cancel(e.ctx.Err()) })
	defer stop()

	response, err := e.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return nil, err
	}
	e.answered, e.status, e.body = true, response.StatusCode, body
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// judge returns why a response does not accept the event, or nil. The status is not enough: one compatible server
// responds with 200 and an "error" in the body.
func judge(status int, body []byte) *fault {
	if status < 200 || status > 299 {
		// 429 asks the client to retry later.
		return &fault{refused: status < 500 && status != http.StatusTooManyRequests, detail: fmt.Sprintf("HTTP %d: %s", status, body)}
	}
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		return &fault{refused: true, detail: "its answer is not JSON: is that a Pusher-compatible server?"}
	}
	if fields, ok := answer.(map[string]any); ok {
		if reason, ok := fields["error"]; ok {
			return &fault{refused: true, detail: fmt.Sprint(reason)}
		}
	}
	return nil
}

// withoutURL returns the cause of an error that contains the signed URL.
func withoutURL(err error) error {
	var inURL *url.Error
	for errors.As(err, &inURL) {
		err = inURL.Err
	}
	return err
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

const maxDetailLength = 200

var (
	notPlain   = regexp.MustCompile(`[^\x20-\x7e]+`)
	signedPart = regexp.MustCompile(`auth_[a-z_]+=[^&\s"]*`)
	proofPart  = regexp.MustCompile(`signature=[\w-]*`)
)

// oneLine returns foreign text in a form for logs. A server may echo the request, so its signature is removed.
func (b *broker) oneLine(text string) string {
	if b.config.Secret != "" {
		text = strings.ReplaceAll(text, b.config.Secret, "***")
	}
	return plainLine(text)
}

// plainLine returns foreign text in a form for logs, without signatures.
func plainLine(text string) string {
	text = proofPart.ReplaceAllString(text, "signature=***")
	text = signedPart.ReplaceAllString(text, "auth_***")
	text = strings.TrimSpace(notPlain.ReplaceAllString(text, " "))
	if len(text) > maxDetailLength {
		text = text[:maxDetailLength]
	}
	return text
}
