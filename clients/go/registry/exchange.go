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

// An answer is an empty object or an error of a line or two.
const maxAnswerBytes = 64 << 10

// newTransport keeps no connection open: a third of a lease lies between two events, and a connection
// that broke meanwhile would cost one.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DisableKeepAlives:   true,
		TLSHandshakeTimeout: requestTimeout,
	}
}

// exchange carries one request of the Pusher library, which takes no context and, of a refusal,
// tells only a text. So this one puts the caller's context into the request and keeps the answer.
type exchange struct {
	ctx       context.Context
	transport http.RoundTripper

	answered bool
	status   int
	body     []byte
}

func (e *exchange) RoundTrip(request *http.Request) (*http.Response, error) {
	// The request's own context holds the client's timeout: both must be able to end it.
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

// judge tells whether an answer accepts the event. The status alone does not: one compatible server
// answers 200 with an "error" in the body.
func judge(status int, body []byte) *fault {
	if status < 200 || status > 299 {
		// 429 asks to come back later.
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

// withoutURL takes the error out of those that name the URL, which is signed.
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
)

// oneLine makes foreign text fit for a log. A server may echo the request, so what signed it goes too.
func (b *broker) oneLine(text string) string {
	text = strings.ReplaceAll(text, b.config.Secret, "***")
	text = signedPart.ReplaceAllString(text, "auth_***")
	text = strings.TrimSpace(notPlain.ReplaceAllString(text, " "))
	if len(text) > maxDetailLength {
		text = text[:maxDetailLength]
	}
	return text
}
