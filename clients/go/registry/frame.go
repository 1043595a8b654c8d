package registry

import (
	"encoding/json"
	"fmt"
)

// The frames of Pusher's protocol 7 that an owner uses.
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

// frame is a frame of a server. Nothing in it is trusted.
type frame struct {
	Event   string
	Channel string
	// Data is the decoded content: servers send JSON as text.
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

// A member of a presence channel.
type member struct {
	UserID string          `json:"user_id"`
	Info   json.RawMessage `json:"user_info"`
}

// members returns the users that a frame of a presence channel reports.
func (f frame) members() (members []member) {
	switch f.Event {
	case frameSubscribed:
		var data struct {
			Presence struct {
				IDs  []string
				Hash map[string]json.RawMessage
			}
		}
		_ = json.Unmarshal(f.Data, &data) // invalid data has no members
		for _, id := range data.Presence.IDs {
			members = append(members, member{id, data.Presence.Hash[id]})
		}
	case frameMemberAdded:
		var data member
		if json.Unmarshal(f.Data, &data) == nil {
			members = append(members, data)
		}
	}
	return members
}

// refusal returns why the server refuses a request, or nil if the frame is not a refusal.
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

// closedBecause reads the codes of pusher:error and of WebSocket closes by Pusher's ranges: an attempt after 40xx, or
// a code from 4300 on, would fail in the same way.
func closedBecause(code int, message string) *fault {
	refused := code >= 4000 && code < 4100 || code >= 4300 && code < 5000
	return &fault{refused: refused, detail: fmt.Sprintf("%d %s", code, message)}
}
