package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A RefusalCode names the part of an announcement that was refused.
type RefusalCode string

// The codes of refusals, the same in every language. docs/reference/errors.md explains each.
const (
	BadAnnouncement RefusalCode = "bad-announcement"
	BadPrefix       RefusalCode = "bad-prefix"
	BadPort         RefusalCode = "bad-port"
	BadAddress      RefusalCode = "bad-address"
	BadID           RefusalCode = "bad-id"
	BadInc          RefusalCode = "bad-inc"
	BadSeq          RefusalCode = "bad-seq"
	BadTTL          RefusalCode = "bad-ttl"
	BadName         RefusalCode = "bad-name"
	BadVersion      RefusalCode = "bad-version"
	BadHost         RefusalCode = "bad-host"
	BadSource       RefusalCode = "bad-source"
	BadZone         RefusalCode = "bad-zone"
	BadWeight       RefusalCode = "bad-weight"
	BadScheme       RefusalCode = "bad-scheme"
	BadTLS          RefusalCode = "bad-tls"
	BadDraining     RefusalCode = "bad-draining"
	BadHealth       RefusalCode = "bad-health"
	BadMeta         RefusalCode = "bad-meta"
	BadPolicy       RefusalCode = "bad-policy"
	BadSignature    RefusalCode = "bad-signature"
	TooLarge        RefusalCode = "too-large"
)

// Refusal is why an announcement was refused.
type Refusal struct {
	// Code names the part that was refused.
	Code RefusalCode
	// Reason is one sentence for a log: what was found and what is accepted. It is safe to print, because
	// foreign text in it is quoted.
	Reason string
}

// Error returns why the announcement is refused.
func (r *Refusal) Error() string { return r.Reason }

func refuse(code RefusalCode, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}

const quotedLength = 80

// quote returns a foreign value for a log line: JSON escapes keep control characters out of the terminal, and
// its length is capped.
func quote(value any) string {
	plain := strings.Map(harmless, describe(value))
	if utf8.RuneCountInString(plain) > quotedLength {
		return string([]rune(plain)[:quotedLength]) + "…"
	}
	return plain
}

func describe(value any) string {
	switch v := value.(type) {
	case missing:
		return "nothing"
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case string:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(v) // a string always encodes
		return strings.TrimSuffix(text.String(), "\n")
	default:
		return fmt.Sprint(v)
	}
}

func harmless(r rune) rune {
	if unprintable(r) {
		return '?'
	}
	return r
}

// unprintable reports whether a character can forge or garble a line: control characters (C0 and C1), line
// separators and bidirectional overrides.
func unprintable(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
