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

// hashLength is how many characters of a digest stand for one statement.
const hashLength = 7

// hashOf is 32 bits of FNV-1a, in base 36, over what makes one statement differ from another of the instance.
func hashOf(id string, inc, seq int64, left bool) string {
	hash := fnv.New32a()
	fmt.Fprintf(hash, "%s %d %d %t", id, inc, seq, left)
	digits := strconv.FormatUint(uint64(hash.Sum32()), 36)
	return strings.Repeat("0", hashLength-len(digits)) + digits
}

// A rollCall asks for what is not in its digest.
type rollCall struct {
	digest string
	// size is how many instances the asker knows of.
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

// asksFor tells whether the asker lacks the service in this version.
func (c rollCall) asksFor(service Service) bool {
	hash := hashOf(service.ID, service.Inc, service.Seq, false)
	for rest := c.digest; len(rest) >= hashLength; rest = rest[hashLength:] {
		if rest[:hashLength] == hash {
			return false
		}
	}
	return true
}

// holdsAll tells whether the digest has room for all that the asker knows: if not, what is not in it may be known.
func (c rollCall) holdsAll() bool {
	return float64(len(c.digest)) >= c.size*hashLength
}

const (
	// A broker on one core takes about 800 events a second: so many in 2 ms each leave it room for others.
	answerWaitEach = 2 * time.Millisecond
	answerWaitMax  = 10 * time.Second
)

// answerWait is the longest that an answer may wait: all owners hear the call at once.
func (c rollCall) answerWait() time.Duration {
	return time.Duration(min(max(c.size*float64(answerWaitEach), 0), float64(answerWaitMax)))
}
