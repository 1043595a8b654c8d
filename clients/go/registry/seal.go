package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"golang.org/x/crypto/nacl/secretbox"
)

const masterKeyBytes = 32

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

func (s *sealer) seal(channel string, text []byte) []byte {
	var nonce [24]byte
	_, _ = rand.Read(nonce[:]) // never fails: crypto/rand ends the program if it cannot read
	return s.sealWith(nonce, channel, text)
}

func (s *sealer) sealWith(nonce [24]byte, channel string, text []byte) []byte {
	key := s.keyOf(channel)
	box, _ := json.Marshal(sealed{nonce[:], secretbox.Seal(nil, text, &nonce, &key)}) // bytes always encode
	return box
}

func (s *sealer) open(channel string, data []byte) (text []byte, ok bool) {
	var box sealed
	if json.Unmarshal(data, &box) != nil || len(box.Nonce) != 24 {
		return nil, false
	}
	key, nonce := s.keyOf(channel), [24]byte(box.Nonce)
	return secretbox.Open(nil, box.Ciphertext, &nonce, &key)
}

func (s *sealer) keyOf(channel string) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(channel), s.masterKey[:]...))
}
