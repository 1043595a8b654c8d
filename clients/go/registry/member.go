package registry

import "fmt"

// maxMemberBytes is what Pusher takes of channel_data: the user's id and info together.
const maxMemberBytes = 1024

// memberData is the channel_data of a service in its presence channel.
func memberData(service Service, names channels, sealer *sealer) string {
	info := service.plainJSON()
	if sealer != nil {
		info = sealer.seal(names.presence(service.ID), info)
	}
	// Of what may stand in an ID, JSON escapes nothing.
	return fmt.Sprintf(`{"user_id":"%s","user_info":%s}`, memberOf(service.ID, service.Inc), info)
}

// checkMember refuses at once, and not after an outage, what the transport would not take as a member.
func checkMember(service Service, names channels, sealer *sealer) *Refusal {
	if service.TTL != 0 {
		return refuse(BadTTL, "ttl is %d; in presence mode nothing lapses: leave it out, or choose lease mode", service.TTL)
	}
	if length := len(memberData(service, names, sealer)); length > maxMemberBytes {
		return refuse(TooLarge,
			"the announcement makes %d bytes of channel_data; in presence mode at most %d: shorten it, or choose lease mode",
			length, maxMemberBytes)
	}
	return nil
}
