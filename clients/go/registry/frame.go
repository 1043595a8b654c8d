package registry

import (
	"encoding/json"
	"fmt"
)

// The frames of Pusher's protocol 7 that matter to an owner.
const (
	frameEstablished       = "pusher:connection_established"
	frameError             = "pusher:error"
	framePing              = "pusher:ping"
	framePong              = "pusher:pong"
	frameSubscribe         = "pusher:subscribe"
	frameUnsubscribe       = "pusher:unsubscribe"
	frameSubscribed        = "pusher_internal:subscription_succeeded"
	frameSubscriptionError = "pusher:subscription_error"
	frameMemberAdded       = "pusher_internal:member_added"
)

// frame is what a server says. Nothing of it is trusted.
type frame struct {
	Event   string
	Channel string
	// Data is what lies within: servers send a text that is JSON itself.
	Data json.RawMessage
}

func parseFrame(text []byte) (frame, bool) {
	var f frame
	if json.Unmarshal(text, &f) != nil {
		return frame{}, false
	}
	var within string
	if json.Unmarshal(f.Data, &within) == nil {
		f.Data = json.RawMessage(within)
	}
	return f, true
}

// members are the users that a frame of a presence channel tells of.
func (f frame) members() []string {
	switch f.Event {
	case frameSubscribed:
		var data struct {
			Presence struct{ IDs []string }
		}
		_ = json.Unmarshal(f.Data, &data) // what is not there is nobody
		return data.Presence.IDs
	case frameMemberAdded:
		var data struct {
			UserID string `json:"user_id"`
		}
		if json.Unmarshal(f.Data, &data) == nil {
			return []string{data.UserID}
		}
	}
	return nil
}

// refusal is why the server will not do what it was asked, or nil if the frame says nothing of that.
func (f frame) refusal() *fault {
	switch f.Event {
	case frameError:
		var data struct {
			Code    int
			Message string
		}
		_ = json.Unmarshal(f.Data, &data)
		return closedBecause(data.Code, data.Message)
	case frameSubscriptionError:
		return &fault{refused: true, detail: fmt.Sprintf("no subscription to %s: %s", f.Channel, f.Data)}
	}
	return nil
}

// closedBecause reads the codes of pusher:error and of WebSocket closes by Pusher's division: 40xx and those
// from 4300 will be the same next time.
func closedBecause(code int, message string) *fault {
	refused := code >= 4000 && code < 4100 || code >= 4300 && code < 5000
	return &fault{refused: refused, detail: fmt.Sprintf("%d %s", code, message)}
}
