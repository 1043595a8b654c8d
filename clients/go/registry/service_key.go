package registry

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// keyIDLength is the length of the id of a service key: the first characters of its public half.
const keyIDLength = 12

var serviceKeyText = regexp.MustCompile(`^rsk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$`)

// A signer signs what the holder of a service key announces. A nil signer signs nothing.
type signer struct {
	key ed25519.PrivateKey
	// registry is the name of the registry's channel.
	registry string
}

// newSigner returns the signer of a service key, nil for an empty one, and whether it is valid.
func newSigner(key, registry string) (*signer, bool) {
	if key == "" {
		return nil, true
	}
	if !serviceKeyText.MatchString(key) {
		return nil, false
	}
	seed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(key, "rsk_"))
	if err != nil {
		return nil, false
	}
	return &signer{ed25519.NewKeyFromSeed(seed), registry}, true
}

// publicHalf returns the public half of the key, as the owners of a gateway have it.
func (s *signer) publicHalf() string {
	public, _ := s.key.Public().(ed25519.PublicKey)
	return "rpk_" + base64.RawURLEncoding.EncodeToString(public)
}

// idFor returns the ID of an instance with the id of the key at its end, so that no other key can use it.
func (s *signer) idFor(id string) string {
	if s == nil {
		return id
	}
	end := "." + s.publicHalf()[len("rpk_"):][:keyIDLength]
	return strings.TrimSuffix(id, end) + end
}

// sign returns the service as an owner publishes it by an event.
func (s *signer) sign(event string, service Service) Service {
	if s != nil {
		signature := ed25519.Sign(s.key, signedText(s.registry, event, service))
		service.Sig = base64.RawURLEncoding.EncodeToString(signature)
	}
	return service
}

// hasSigned reports whether a service was signed by the same key. Without a key that cannot be known, and it returns true.
func (s *signer) hasSigned(event string, service Service) bool {
	if s == nil {
		return true
	}
	public, _ := s.key.Public().(ed25519.PublicKey)
	signature, err := base64.RawURLEncoding.DecodeString(service.Sig)
	return err == nil && ed25519.Verify(public, signedText(s.registry, event, service), signature)
}

// signedText returns the text that a signature covers. See docs/trust.md.
func signedText(registry, event string, service Service) []byte {
	service.Sig = ""
	text := []byte("rollcall " + event + " " + registry + "\n")
	return appendCanonical(text, decode(service.plainJSON()))
}

// appendCanonical appends decoded JSON in the form of RFC 8785: the fields of objects in the order of their UTF-16 units.
func appendCanonical(text []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		text = append(text, '{')
		for number, name := range sortedNames(v) {
			if number > 0 {
				text = append(text, ',')
			}
			text = append(append(text, plainString(name)...), ':')
			text = appendCanonical(text, v[name])
		}
		return append(text, '}')
	case []any:
		text = append(text, '[')
		for number, each := range v {
			if number > 0 {
				text = append(text, ',')
			}
			text = appendCanonical(text, each)
		}
		return append(text, ']')
	case string:
		return append(text, plainString(v)...)
	case json.Number:
		return append(text, v...)
	default:
		plain, _ := json.Marshal(v) // true, false or null
		return append(text, plain...)
	}
}

func sortedNames(fields map[string]any) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	return names
}

// plainString returns a string as JSON, as JavaScript writes it.
func plainString(text string) []byte {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always encodes
	return withoutEscapedSeparators(bytes.TrimSuffix(encoded.Bytes(), []byte("\n")))
}
