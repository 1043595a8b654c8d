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

// A broker publishes events by signed HTTP requests, or has an auth server do it.
type broker struct {
	config   Config
	channels channels
	// auth is nil if the service has the app's secret.
	auth *authClient
	// authID names the broker at the auth server. It is empty as long as that has not said which brokers there are.
	authID string
	// sealer is nil unless the registry is encrypted, and the service has its key.
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
	b.auth = newAuthClient(config)
	b.channels, _ = config.channels()
	b.sealer, _ = newSealer(config.MasterKey)
	b.signer, _ = newSigner(config.ServiceKey, b.channels.registry)
	return b
}

// located returns a broker that an auth server has named.
func (b *broker) located(channels channels, at authBroker) *broker {
	config := b.config
	config.AuthURL, config.isAuthorized = "", true
	config.Channel, config.Key, config.TLS = channels.registry, at.key, at.tls
	config.Host, config.Port, config.Cluster = at.host, at.port, at.cluster
	located := newBroker(config)
	located.auth, located.authID = b.auth, at.id
	located.transport, located.timeout, located.wait = b.transport, b.timeout, b.wait
	located.activity, located.pong = b.activity, b.pong
	return located
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
	// ofAuth means that the auth server has failed, and not the broker.
	ofAuth bool
	detail string
	cause  error
}

func (f *fault) Error() string { return f.detail }

// causeIn returns the cause of the fault, or the error of a context that has ended.
func (f *fault) causeIn(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return f.cause
}

func (b *broker) attempt(ctx context.Context, event string, payload []byte) *fault {
	if b.auth != nil {
		return b.auth.publish(ctx, b.authID, event, payload)
	}
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
	return noAnswer(ctx, err, b.timeout)
}

// noAnswer returns why there is no response. The Pusher library's errors contain the signed URL, so only their causes are
// shown.
func noAnswer(ctx context.Context, err error, timeout time.Duration) *fault {
	if err == nil {
		err = errors.New("no response")
	}
	cause := withoutURL(err)
	switch {
	case ctx.Err() != nil:
		return &fault{detail: "given up: " + ctx.Err().Error(), cause: ctx.Err()}
	case isTimeout(err):
		return &fault{detail: fmt.Sprintf("no answer within %s", timeout), cause: cause}
	default:
		return &fault{detail: cause.Error(), cause: cause}
	}
}

// describe returns the error for the last fault.
func (b *broker) describe(ctx context.Context, f *fault) *Error {
	if f.ofAuth {
		return b.auth.describe(ctx, f)
	}
	detail := b.oneLine(f.detail)
	if f.refused {
		return &Error{
			Code: CodeBrokerRefused,
			Message: fmt.Sprintf("the broker at %s refused (%s): check %s, and this machine's clock",
				b.config, detail, b.config.appVariables()),
		}
	}
	return &Error{
		Code:    CodeBrokerUnreachable,
		Message: fmt.Sprintf("cannot reach the broker at %s (%s): %s", b.config, detail, b.config.adviceOnFailure()),
		Err:     f.causeIn(ctx),
	}
}

// cancelled returns the error for a context that has ended before an attempt was made.
func (b *broker) cancelled(ctx context.Context) *Error {
	isNowhere := b.auth != nil && b.authID == ""
	return b.describe(ctx, &fault{ofAuth: isNowhere, detail: "cancelled: " + ctx.Err().Error()})
}
