package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// subscription is a channel, with the member's data if it is a presence channel: without the app's secret, the announcement of
// which the auth server makes that.
type subscription struct{ channel, member string }

// An admission is with what a subscription is sent.
type admission struct {
	channel string
	request map[string]string
	// key opens the messages of the channel, if an auth server has given it.
	key *channelKey
}

// errLost is why a link carries nothing any more.
var errLost = errors.New("the connection was lost")

// subscriptionsOf returns the channels of an owner.
func (b *broker) subscriptionsOf(service Service) []subscription {
	return []subscription{{channel: b.channels.owners()}, b.presenceOf(service)}
}

func (b *broker) presenceOf(service Service) subscription {
	signed, channel := b.signer.sign("register", service), b.channels.presence(service.ID)
	if b.auth != nil {
		return subscription{channel, string(signed.plainJSON())}
	}
	return subscription{channel, memberData(signed, b.channels, b.sealer)}
}

// authorize returns with what subscriptions are sent, and the frames that came in the meantime. An auth server is asked
// once for each. What it answers when the link is lost is not used, because it is for that link only.
func (l *link) authorize(ctx context.Context, subscriptions ...subscription) (admissions []admission, received []frame, err error) {
	if l.broker.auth == nil {
		for _, each := range subscriptions {
			admissions = append(admissions, admission{each.channel, l.broker.signedRequest(l.socketID, each), nil})
		}
		return admissions, nil, nil
	}
	received, err = l.meanwhile(ctx, func(ctx context.Context) error {
		for _, each := range subscriptions {
			admitted, fault := l.broker.admit(ctx, l.socketID, each)
			if fault != nil {
				return fault
			}
			admissions = append(admissions, admitted)
		}
		return nil
	})
	return admissions, received, err
}

// admit has the auth server authorize a subscription, unless the channel is public.
func (b *broker) admit(ctx context.Context, socketID string, s subscription) (admission, *fault) {
	request := map[string]string{"channel": s.channel}
	if isPublic(s.channel) {
		return admission{s.channel, request, nil}, nil
	}
	authorized, fault := b.auth.authorize(ctx, b.authID, socketID, s)
	if fault != nil {
		return admission{}, fault
	}
	if s.member != "" && authorized.channelData == "" || b.channels.isEncrypted() && authorized.key == nil {
		return admission{}, authRefusal("its response is no authorization of " + s.channel)
	}
	request["auth"] = authorized.auth
	if authorized.channelData != "" {
		request["channel_data"] = authorized.channelData
	}
	return admission{s.channel, request, authorized.key}, nil
}

// signedRequest returns the data of a subscription, signed with the app's secret unless the channel is public.
func (b *broker) signedRequest(socketID string, s subscription) map[string]string {
	text, request := socketID+":"+s.channel, map[string]string{"channel": s.channel}
	if isPublic(s.channel) {
		return request
	}
	if s.member != "" {
		text += ":" + s.member
		request["channel_data"] = s.member
	}
	mac := hmac.New(sha256.New, []byte(b.config.Secret))
	mac.Write([]byte(text))
	request["auth"] = b.config.Key + ":" + hex.EncodeToString(mac.Sum(nil))
	return request
}

func isPublic(channel string) bool {
	return !strings.HasPrefix(channel, presencePrefix) && !strings.HasPrefix(channel, privatePrefix)
}

// meanwhile does something while the link stays, and returns the frames that come. The context of do ends with the link.
func (l *link) meanwhile(ctx context.Context, do func(context.Context) error) (received []frame, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	for {
		select {
		case err := <-done:
			if l.lost.Err() != nil {
				return nil, errLost
			}
			return received, err
		case each, ok := <-l.received:
			if ok {
				received, err = append(received, each), nil
				if refusal := each.refusal(); refusal != nil {
					err = refusal
				}
			} else {
				err = errLost
			}
			if err != nil {
				cancel()
				<-done
				return nil, err
			}
		}
	}
}

// sleep waits while the link stays. Frames that come are dropped: nothing is subscribed yet.
func (l *link) sleep(ctx context.Context, clock clock, d time.Duration) error {
	_, err := l.meanwhile(ctx, func(ctx context.Context) error { return clock.sleep(ctx, d) })
	return err
}
