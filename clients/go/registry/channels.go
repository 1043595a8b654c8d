package registry

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// DefaultChannel is the registry's channel if [Config.Channel] is empty.
const DefaultChannel = "mapped-discovery"

const (
	privatePrefix   = "private-"
	encryptedPrefix = "private-encrypted-"
	presencePrefix  = "presence-"
	cachePrefix     = "cache-"
)

// maxBaseLength leaves room for an ID of 64 characters in the 164 that Pusher documents for the name of a channel.
const maxBaseLength = 164 - len(presencePrefix) - 1 - 64

var channelText = regexp.MustCompile(`^[A-Za-z0-9_=@,.;-]+$`)

// channels are the names of a registry's channels.
type channels struct {
	registry string
	// base is the registry's name without "private-" or "private-encrypted-".
	base string
}

// channelsOf returns the channels of a registry. It refuses names to which the transport gives another meaning:
// presence channels have members, and cache channels repeat their last event to new subscribers.
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

// owners is the channel on which owners receive roll calls.
func (c channels) owners() string { return c.registry + ".owners" }

// presence is the presence channel of an instance.
func (c channels) presence(id string) string { return presencePrefix + c.base + "." + id }

// memberOf returns the user_id of an incarnation in its presence channel. The transport reports only a user's first
// connection and its last, so each incarnation has to be a user of its own.
func memberOf(id string, inc int64) string { return id + "~" + strconv.FormatInt(inc, 10) }

// incOf returns the incarnation that a member's user_id names, if it is one of the instance with that ID.
func incOf(member, id string) (inc int64, ok bool) {
	digits, ok := strings.CutPrefix(member, id+"~")
	if !ok {
		return 0, false
	}
	inc, err := strconv.ParseInt(digits, 10, 64)
	return inc, err == nil && inc > 0 && inc <= maxSafeInteger && memberOf(id, inc) == member
}
