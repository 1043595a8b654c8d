package registry

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// hashLength is the length of a statement's hash in a digest, in characters.
const hashLength = 7

// hashOf returns 32 bits of FNV-1a, in base 36, over the parts in which two statements about one instance differ.
func hashOf(id string, inc, seq int64, left bool) string {
	hash := fnv.New32a()
	fmt.Fprintf(hash, "%s %d %d %t", id, inc, seq, left)
	digits := strconv.FormatUint(uint64(hash.Sum32()), 36)
	return strings.Repeat("0", hashLength-len(digits)) + digits
}

// A rollCall asks for the statements that its digest lacks.
type rollCall struct {
	digest string
	// size is how many entries the table of the asker has.
	size float64
}

var nonceText = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func parseRollCall(data []byte) (rollCall, bool) {
	var fields struct{ Nonce, Digest, Size any }
	if json.Unmarshal(data, &fields) != nil {
		return rollCall{}, false
	}
	nonce, _ := fields.Nonce.(string)
	digest, _ := fields.Digest.(string)
	size, _ := fields.Size.(float64)
	return rollCall{digest, size}, nonceText.MatchString(nonce)
}

// asksFor reports whether the asker lacks this version of the service.
func (c rollCall) asksFor(service Service) bool {
	hash := hashOf(service.ID, service.Inc, service.Seq, false)
	for rest := c.digest; len(rest) >= hashLength; rest = rest[hashLength:] {
		if rest[:hashLength] == hash {
			return false
		}
	}
	return true
}

// holdsAll reports whether the digest has room for the whole table of the asker. If not, the asker may know
// statements that the digest lacks.
func (c rollCall) holdsAll() bool {
	return float64(len(c.digest)) >= c.size*hashLength
}

const (
	// A broker on one core accepts about 800 events a second. One event in 2 ms leaves it room for others.
	answerWaitPerInstance = 2 * time.Millisecond
	maxAnswerWait         = 10 * time.Second
)

// answerWait returns the longest wait before an answer. Waits are random, because all owners receive the roll call
// at once.
func (c rollCall) answerWait() time.Duration {
	return time.Duration(min(max(c.size*float64(answerWaitPerInstance), 0), float64(maxAnswerWait)))
}
