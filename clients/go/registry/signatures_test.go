package registry

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"sort"
	"strings"
	"testing"

	"github.com/pusher/pusher-http-go/v5"
)

// signRequest is the tests' own reading of how a request is signed: the fake broker checks the
// library against it, and it is checked against the vectors here.
func signRequest(secret, method, path string, query map[string]string) string {
	var pairs []string
	for name, value := range query {
		pairs = append(pairs, strings.ToLower(name)+"="+value)
	}
	sort.Strings(pairs)
	return sign(secret, method+"\n"+path+"\n"+strings.Join(pairs, "&"))
}

func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestSignaturesConform(t *testing.T) {
	var vectors struct {
		Key, Secret string
		Channels    []struct{ Name, SocketID, Channel, ChannelData, Signature string }
		Users       []struct{ Name, SocketID, UserData, Signature string }
		Requests    []struct {
			Name, Method, Path, Signature string
			Query                         map[string]string
		}
	}
	readVectors(t, "signatures.json", &vectors)
	if len(vectors.Channels) == 0 || len(vectors.Users) == 0 || len(vectors.Requests) == 0 {
		t.Fatal("vectors are missing")
	}
	client := pusher.Client{AppID: "3", Key: vectors.Key, Secret: vectors.Secret}

	for _, c := range vectors.Channels {
		t.Run(c.Name, func(t *testing.T) {
			ours := newBroker(Config{Key: vectors.Key, Secret: vectors.Secret})
			request := ours.signedRequest(c.SocketID, subscription{c.Channel, c.ChannelData})
			if request["auth"] != vectors.Key+":"+c.Signature || request["channel_data"] != c.ChannelData {
				t.Errorf("we sign %v", request)
			}
			params := url.Values{"socket_id": {c.SocketID}, "channel_name": {c.Channel}}
			if c.ChannelData == "" {
				response, err := client.AuthorizePrivateChannel([]byte(params.Encode()))
				expectAuth(t, response, err, vectors.Key, c.Signature)
				return
			}
			var member pusher.MemberData
			if json.Unmarshal([]byte(c.ChannelData), &member) == nil && encoded(t, member) == c.ChannelData {
				response, err := client.AuthorizePresenceChannel([]byte(params.Encode()), member)
				expectAuth(t, response, err, vectors.Key, c.Signature)
				return
			}
			// The library's member has a text as its id, so it cannot write this channel data.
			if got := sign(vectors.Secret, c.SocketID+":"+c.Channel+":"+c.ChannelData); got != c.Signature {
				t.Fatalf("got %s, want %s", got, c.Signature)
			}
		})
	}
	for _, c := range vectors.Users {
		t.Run(c.Name, func(t *testing.T) {
			var user map[string]any
			if err := json.Unmarshal([]byte(c.UserData), &user); err != nil {
				t.Fatal(err)
			}
			response, err := client.AuthenticateUser([]byte(url.Values{"socket_id": {c.SocketID}}.Encode()), user)
			expectAuth(t, response, err, vectors.Key, c.Signature)
		})
	}
	for _, c := range vectors.Requests {
		t.Run(c.Name, func(t *testing.T) {
			if got := signRequest(vectors.Secret, c.Method, c.Path, c.Query); got != c.Signature {
				t.Fatalf("got %s, want %s", got, c.Signature)
			}
		})
	}
}

func expectAuth(t *testing.T, response []byte, err error, key, signature string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Auth string }
	if err := json.Unmarshal(response, &answer); err != nil {
		t.Fatal(err)
	}
	if want := key + ":" + signature; answer.Auth != want {
		t.Fatalf("got %s, want %s", answer.Auth, want)
	}
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
