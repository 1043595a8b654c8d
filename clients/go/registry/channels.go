package registry

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// DefaultChannel is the registry if [Config.Channel] is empty.
const DefaultChannel = "mapped-discovery"

const (
	privatePrefix   = "private-"
	encryptedPrefix = "private-encrypted-"
	presencePrefix  = "presence-"
	cachePrefix     = "cache-"
)

// maxBaseLength leaves room for an ID of 64 in the 164 characters that Pusher documents for a channel's name.
const maxBaseLength = 164 - len(presencePrefix) - 1 - 64

var channelText = regexp.MustCompile(`^[A-Za-z0-9_=@,.;-]+$`)

// channels are the names of a registry's channels.
type channels struct {
	registry string
	// base is the registry's name without what says who may listen there.
	base string
}

// channelsOf refuses names that the transport gives another meaning: presence channels want a member, and
// cache channels repeat their last event to whoever comes.
func channelsOf(registry string) (channels, error) {
	base, encrypted := strings.CutPrefix(registry, encryptedPrefix)
	if !encrypted {
		base = strings.TrimPrefix(registry, privatePrefix)
	}
	if !channelText.MatchString(base) || len(base) > maxBaseLength ||
		strings.HasPrefix(registry, presencePrefix) || strings.HasPrefix(base, cachePrefix) {
		return channels{}, configError(fmt.Sprintf(
			"ROLLCALL_CHANNEL is %s; it must be 1 to %d of A-Z a-z 0-9 _ - = @ , . ; that begin with neither presence- nor cache-, with private- or private-encrypted- in front or not",
			quote(registry), maxBaseLength))
	}
	return channels{registry: registry, base: base}, nil
}

func (c channels) isEncrypted() bool { return strings.HasPrefix(c.registry, encryptedPrefix) }

// owners is where roll calls are heard that owners shall answer.
func (c channels) owners() string { return c.registry + ".owners" }

// presence is the channel of one instance and of those who observe it.
func (c channels) presence(id string) string { return presencePrefix + c.base + "." + id }

// memberOf is the user that an incarnation is in its presence channel: the transport tells of a user's first
// connection and of its last, so that another incarnation must be another user.
func memberOf(id string, inc int64) string { return id + "~" + strconv.FormatInt(inc, 10) }

// incOf is the incarnation of a member, if it is one of the instance with that ID.
func incOf(member, id string) (inc int64, ok bool) {
	digits, ok := strings.CutPrefix(member, id+"~")
	if !ok {
		return 0, false
	}
	inc, err := strconv.ParseInt(digits, 10, 64)
	return inc, err == nil && inc > 0 && inc <= maxSafeInteger && memberOf(id, inc) == member
}
