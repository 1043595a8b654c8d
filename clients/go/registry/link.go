package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/coder/websocket"
)

const (
	// After activityTimeout of silence the link pings the server. After pongTimeout more it is lost.
	activityTimeout = 10 * time.Second
	pongTimeout     = 5 * time.Second
	// A presence channel may list 100 members of 1 KB, and JSON as text escapes every quote.
	maxFrameBytes = 1 << 20
)

// link is an open WebSocket connection to the broker. It reads no further frame until the last one was taken from
// received.
type link struct {
	broker   *broker
	socket   *websocket.Conn
	socketID string
	// keys are those of channels, if an auth server has given them. Only subscribe adds to them.
	keys map[string]channelKey
	// received is closed when the link is lost.
	received chan frame
	// lost ends when the link is lost.
	lost  context.Context
	close context.CancelFunc
}

var socketIDText = regexp.MustCompile(`^[0-9]{1,20}\.[0-9]{1,20}$`)

// enter returns a link on which the service is in its presence channel and receives the roll calls for owners, with
// the frames that came in the meantime.
func (b *broker) enter(ctx context.Context, service Service) (*link, []frame, *fault) {
	return b.enterWith(ctx, func(l *link) ([]admission, error) {
		admissions, _, err := l.authorize(ctx, b.subscriptionsOf(service)...)
		return admissions, err
	})
}

// enterWith returns a link on which the channels of an owner are subscribed. authorize returns with what.
func (b *broker) enterWith(ctx context.Context, authorize func(*link) ([]admission, error)) (*link, []frame, *fault) {
	limited, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	l, err := b.dial(limited)
	if err != nil {
		return nil, nil, b.faultOf(ctx, err)
	}
	admissions, err := authorize(l)
	var received []frame
	if err == nil {
		received, err = l.subscribe(ctx, admissions)
	}
	if err != nil {
		l.close()
		return nil, nil, b.faultOf(ctx, err)
	}
	return l, received, nil
}

// dial returns a link to a server that has sent its first frame.
func (b *broker) dial(ctx context.Context) (*link, error) {
	socket, response, err := websocket.Dial(ctx, b.socketURL(), &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport:     b.transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
	if err != nil {
		if response != nil {
			return nil, judge(response.StatusCode, nil)
		}
		return nil, err
	}
	socket.SetReadLimit(maxFrameBytes)
	l := &link{broker: b, socket: socket, keys: make(map[string]channelKey), received: make(chan frame)}
	l.lost, l.close = context.WithCancel(context.Background())
	activity, err := l.greeted(ctx)
	if err != nil {
		_ = socket.CloseNow()
		return nil, err
	}
	go l.listen(activity)
	return l, nil
}

func (b *broker) socketURL() string {
	scheme, host := "ws", b.config.endpoint()
	if b.config.TLS {
		scheme = "wss"
	}
	if host == "" {
		host = "ws-" + b.config.Cluster + ".pusher.com"
	}
	query := "protocol=7&client=rollcall-go&version=1.0.0&flash=false"
	return (&url.URL{Scheme: scheme, Host: host, Path: "/app/" + b.config.Key, RawQuery: query}).String()
}

// greeted waits for the server's first frame, and returns for how long the server tolerates silence.
func (l *link) greeted(ctx context.Context) (activity time.Duration, _ error) {
	_, text, err := l.socket.Read(ctx)
	if err != nil {
		return 0, err
	}
	first, _ := parseFrame(text)
	if refusal := first.refusal(); refusal != nil {
		return 0, refusal
	}
	var greeting struct {
		SocketID        string  `json:"socket_id"`
		ActivityTimeout float64 `json:"activity_timeout"`
	}
	_ = json.Unmarshal(first.Data, &greeting)
	if first.Event != frameEstablished || !socketIDText.MatchString(greeting.SocketID) {
		return 0, &fault{refused: true, detail: "its greeting is not Pusher's: is that a Pusher-compatible server?"}
	}
	l.socketID = greeting.SocketID
	activity = l.broker.activity
	if theirs := greeting.ActivityTimeout; theirs > 0 && theirs < activity.Seconds() {
		activity = time.Duration(theirs * float64(time.Second))
	}
	return activity, nil
}

func (b *broker) faultOf(ctx context.Context, err error) *fault {
	var failed *fault
	var closed websocket.CloseError
	switch {
	case errors.As(err, &failed):
		return failed
	case errors.As(err, &closed):
		return closedBecause(int(closed.Code), closed.Reason)
	}
	return noAnswer(ctx, err, b.timeout)
}

// listen passes on the frames that come. It pings a silent server, because a link whose other end is gone shows
// nothing but silence.
func (l *link) listen(activity time.Duration) {
	defer close(l.received)
	defer l.close()
	ask := time.AfterFunc(activity, func() { l.send(framePing, struct{}{}) })
	giveUp := time.AfterFunc(activity+l.broker.pong, l.close)
	defer ask.Stop()
	defer giveUp.Stop()
	for {
		_, text, err := l.socket.Read(l.lost)
		if err != nil {
			_ = l.socket.CloseNow()
			return
		}
		// Not while the keeper is busy: the silence would be on this side.
		ask.Stop()
		giveUp.Stop()
		l.pass(text)
		ask.Reset(activity)
		giveUp.Reset(activity + l.broker.pong)
	}
}

func (l *link) pass(text []byte) {
	received, ok := parseFrame(text)
	switch {
	case !ok || received.Event == framePong:
	case received.Event == framePing:
		l.send(framePong, struct{}{})
	default:
		select {
		case l.received <- received:
		case <-l.lost.Done():
		}
	}
}

// send sends a frame. It needs no result, because a link that does not carry the frame is lost, which is noticed.
func (l *link) send(event string, data any) {
	text, _ := json.Marshal(map[string]any{"event": event, "data": data}) // ours, so that it encodes
	ctx, cancel := context.WithTimeout(l.lost, l.broker.pong)
	defer cancel()
	_ = l.socket.Write(ctx, websocket.MessageText, text)
}

// join returns when all channels are subscribed, with the frames that came in the meantime.
func (l *link) join(ctx context.Context, subscriptions ...subscription) (received []frame, _ error) {
	admissions, early, err := l.authorize(ctx, subscriptions...)
	if err != nil {
		return nil, err
	}
	received, err = l.subscribe(ctx, admissions)
	return append(early, received...), err
}

// subscribe returns when all channels are subscribed, with the frames that came in the meantime.
func (l *link) subscribe(ctx context.Context, admissions []admission) (received []frame, _ error) {
	ctx, cancel := context.WithTimeout(ctx, l.broker.timeout)
	defer cancel()
	waiting := make(map[string]bool)
	for _, each := range admissions {
		waiting[each.channel] = true
		if each.key != nil {
			l.keys[each.channel] = *each.key
		}
		l.send(frameSubscribe, each.request)
	}
	for len(waiting) > 0 {
		select {
		case each, ok := <-l.received:
			if !ok {
				return nil, errLost
			}
			if refusal := each.refusal(); refusal != nil {
				return nil, refusal
			}
			if each.Event == frameSubscribed {
				delete(waiting, each.Channel)
			}
			received = append(received, each)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return received, nil
}

func (l *link) unsubscribe(channel string) {
	l.send(frameUnsubscribe, map[string]string{"channel": channel})
}

// open returns the data of an event, or nothing if it is not sealed as it has to be in an encrypted registry. An auth server
// has given the keys.
func (b *broker) open(event frame, keys map[string]channelKey) (data []byte) {
	from := envelope{event.Event, event.Channel}
	if !b.channels.isEncrypted() {
		return event.Data
	}
	if b.sealer != nil {
		data, _ = b.sealer.open(from, event.Data)
	} else if key, ok := keys[event.Channel]; ok {
		data, _ = key.open(from, event.Data)
	}
	return data
}
