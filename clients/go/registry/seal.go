package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"golang.org/x/crypto/nacl/secretbox"
)

const (
	masterKeyBytes  = 32
	channelKeyBytes = sha256.Size
)

// A channelKey opens and seals the messages of one channel.
type channelKey [channelKeyBytes]byte

// A sealer encrypts values that the transport must not read, as Pusher's encrypted channels do: NaCl's secretbox, with
// a key of its own for each channel.
type sealer struct {
	masterKey [masterKeyBytes]byte
}

func newSealer(masterKey string) (*sealer, bool) {
	key, err := base64.StdEncoding.Strict().DecodeString(masterKey)
	if err != nil || len(key) != masterKeyBytes {
		return nil, false
	}
	return &sealer{masterKey: [masterKeyBytes]byte(key)}, true
}

type sealed struct {
	Nonce      []byte `json:"nonce"` // base64 in JSON, as is the other
	Ciphertext []byte `json:"ciphertext"`
}

// An envelope is where a message belongs. It is sealed with the message, so that a captured one has no effect anywhere
// else.
type envelope struct {
	// event is the event's name, or memberEvent.
	event, channel string
}

// memberEvent stands for an event's name in the announcement of a member of a presence channel.
const memberEvent = "member"

// enclose returns what is encrypted in place of the data of a message: the data, and where it belongs.
func (e envelope) enclose(data []byte) []byte {
	text, _ := json.Marshal(struct {
		Event   string          `json:"event"`
		Channel string          `json:"channel"`
		Data    json.RawMessage `json:"data"`
	}{e.event, e.channel, data}) // the data is JSON already
	return text
}

// disclose returns the data in a decrypted message, unless the message belongs elsewhere.
func (e envelope) disclose(text []byte) (data []byte, ok bool) {
	var enclosed map[string]json.RawMessage // a struct would accept names in another case
	if json.Unmarshal(text, &enclosed) != nil || !isText(enclosed["event"], e.event) || !isText(enclosed["channel"], e.channel) {
		return nil, false
	}
	data, ok = enclosed["data"]
	return data, ok
}

func isText(encoded json.RawMessage, text string) bool {
	var decoded string
	return json.Unmarshal(encoded, &decoded) == nil && decoded == text
}

func (s *sealer) seal(to envelope, data []byte) []byte {
	var nonce [24]byte
	_, _ = rand.Read(nonce[:]) // never fails: crypto/rand ends the program if it cannot read
	key := [channelKeyBytes]byte(s.keyOf(to.channel))
	box, _ := json.Marshal(sealed{nonce[:], secretbox.Seal(nil, to.enclose(data), &nonce, &key)}) // bytes always encode
	return box
}

// open returns the data of a sealed message, unless the message belongs elsewhere.
func (s *sealer) open(from envelope, message []byte) (data []byte, ok bool) {
	return s.keyOf(from.channel).open(from, message)
}

// open returns the data of a sealed message, unless the message belongs elsewhere.
func (k channelKey) open(from envelope, message []byte) (data []byte, ok bool) {
	var box sealed
	if json.Unmarshal(message, &box) != nil || len(box.Nonce) != 24 {
		return nil, false
	}
	key, nonce := [channelKeyBytes]byte(k), [24]byte(box.Nonce)
	text, ok := secretbox.Open(nil, box.Ciphertext, &nonce, &key)
	if !ok {
		return nil, false
	}
	return from.disclose(text)
}

func (s *sealer) keyOf(channel string) channelKey {
	return sha256.Sum256(append([]byte(channel), s.masterKey[:]...))
}
