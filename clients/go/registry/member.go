package registry

import "fmt"

// maxMemberBytes is the limit of Pusher for channel_data, which has the user's id and info.
const maxMemberBytes = 1024

// memberData is the channel_data of a service in its presence channel.
func memberData(service Service, names channels, sealer *sealer) string {
	info := service.plainJSON()
	if sealer != nil {
		info = sealer.seal(envelope{memberEvent, names.presence(service.ID)}, info)
	}
	// JSON escapes none of the characters of an ID.
	return fmt.Sprintf(`{"user_id":"%s","user_info":%s}`, memberOf(service.ID, service.Inc), info)
}

// checkMember refuses an announcement that the transport would not accept as a member, before it is published.
func checkMember(service Service, names channels, sealer *sealer) *Refusal {
	if service.TTL != 0 {
		return refuse(BadTTL, "ttl is %d; presence mode has no lease: leave it out, or choose lease mode", service.TTL)
	}
	if length := len(memberData(service, names, sealer)); length > maxMemberBytes {
		return refuse(TooLarge,
			"the announcement makes %d bytes of channel_data; in presence mode at most %d: shorten it, or choose lease mode",
			length, maxMemberBytes)
	}
	return nil
}
