package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pusher/pusher-http-go/v5"
)

const requestTimeout = 5 * time.Second

// retryDelays are the waits between attempts. They are short, so that a service which cannot register says so soon.
var retryDelays = []time.Duration{100 * time.Millisecond, 400 * time.Millisecond}

// A broker publishes events by signed HTTP requests.
type broker struct {
	config   Config
	channels channels
	// sealer is nil unless the registry is encrypted.
	sealer *sealer
	// signer is nil unless the service has a key.
	signer    *signer
	transport http.RoundTripper
	timeout   time.Duration
	// Of links: see activityTimeout.
	activity, pong time.Duration
	// wait waits. It returns early, with the context's error, when the context ends.
	wait func(context.Context, time.Duration) error
}

// newBroker returns the broker of a valid config.
func newBroker(config Config) *broker {
	b := &broker{
		config: config, transport: newTransport(), timeout: requestTimeout,
		activity: activityTimeout, pong: pongTimeout, wait: systemClock.sleep,
	}
	b.channels, _ = config.channels()
	b.sealer, _ = newSealer(config.MasterKey)
	b.signer, _ = newSigner(config.ServiceKey, b.channels.registry)
	return b
}

// publish returns nil only if the broker has accepted the event. It retries if that may help, because observers
// recognise a repeated event.
func (b *broker) publish(ctx context.Context, event string, payload []byte) error {
	return b.withRetries(ctx, func() *fault { return b.attempt(ctx, event, payload) })
}

// withRetries makes up to three attempts, and one if the broker refuses.
func (b *broker) withRetries(ctx context.Context, do func() *fault) error {
	for attempt := 0; ; attempt++ {
		fault := do()
		if fault == nil {
			return nil
		}
		last := fault.refused || attempt == len(retryDelays)
		if last || b.wait(ctx, retryDelays[attempt]) != nil {
			return b.describe(ctx, fault)
		}
	}
}

// publishOnce is publish without retries, for an event that will be published again soon.
func (b *broker) publishOnce(ctx context.Context, event string, payload []byte) error {
	if fault := b.attempt(ctx, event, payload); fault != nil {
		return b.describe(ctx, fault)
	}
	return nil
}

// fault is why one attempt failed.
type fault struct {
	// refused means that a retry would be refused as well.
	refused bool
	detail  string
	cause   error
}

func (f *fault) Error() string { return f.detail }

func (b *broker) attempt(ctx context.Context, event string, payload []byte) *fault {
	exchange := &exchange{ctx: ctx, transport: b.transport}
	client := pusher.Client{
		AppID:   b.config.AppID,
		Key:     b.config.Key,
		Secret:  b.config.Secret,
		Secure:  b.config.TLS,
		Host:    b.config.endpoint(),
		Cluster: b.config.Cluster,
		// The library encrypts events for an encrypted channel.
		EncryptionMasterKeyBase64: b.config.MasterKey,
		HTTPClient: &http.Client{
			Transport: exchange,
			Timeout:   b.timeout,
			// A redirect would send a signed request to a server that is not configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if b.sealer != nil {
		payload = envelope{event, b.channels.registry}.enclose(payload) // the library seals it
	}
	err := client.Trigger(b.channels.registry, event, payload)
	if exchange.answered {
		return judge(exchange.status, exchange.body)
	}
	return b.failedExchange(ctx, err)
}

// failedExchange returns why there is no response. The library's errors contain the signed URL, so only their causes
// are shown.
func (b *broker) failedExchange(ctx context.Context, err error) *fault {
	if err == nil {
		err = errors.New("no response")
	}
	cause := withoutURL(err)
	switch {
	case ctx.Err() != nil:
		return &fault{detail: "given up: " + ctx.Err().Error(), cause: ctx.Err()}
	case isTimeout(err):
		return &fault{detail: fmt.Sprintf("no answer within %s", b.timeout), cause: cause}
	default:
		return &fault{detail: cause.Error(), cause: cause}
	}
}

// describe returns the error for the last fault.
func (b *broker) describe(ctx context.Context, f *fault) *Error {
	detail := b.oneLine(f.detail)
	if f.refused {
		return &Error{
			Code: CodeBrokerRefused,
			Message: fmt.Sprintf("the broker at %s refused (%s): check %s, and this machine's clock",
				b.config, detail, b.config.appVariables()),
		}
	}
	cause := f.cause
	if ctx.Err() != nil {
		cause = ctx.Err()
	}
	return &Error{
		Code:    CodeBrokerUnreachable,
		Message: fmt.Sprintf("cannot reach the broker at %s (%s): %s", b.config, detail, b.config.adviceOnFailure()),
		Err:     cause,
	}
}
