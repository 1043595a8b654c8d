package registry

import (
	"regexp"
	"strings"
)

const (
	maxPrefixLength = 200
	// A router looks at no more segments of a path.
	maxPrefixSegments = 16
)

// RFC 3986 §3.3 pchar without percent-encoding, so that a prefix has one spelling and is compared byte by byte.
var prefixSegment = regexp.MustCompile(`^[A-Za-z0-9._~!$&'()*+,;=:@-]+$`)

// parsePrefix returns a path prefix in its one canonical form: "" (every path) or "/a/b" with no slash at the end.
// "/" and "/v1/" are accepted as "" and "/v1".
func parsePrefix(input any) (string, *Refusal) {
	text, ok := input.(string)
	if !ok {
		return "", refuse(BadPrefix, `prefix is %s; it must be a path such as "/v1"`, quote(input))
	}
	if n := textLength(text); n > maxPrefixLength {
		return "", refuse(BadPrefix, "prefix has %d characters; at most %d are allowed", n, maxPrefixLength)
	}
	path := strings.TrimSuffix(text, "/")
	if path == "" {
		return "", nil
	}
	if !strings.HasPrefix(path, "/") {
		return "", refuse(BadPrefix, `prefix %s must start with "/"`, quote(text))
	}
	segments := strings.Split(path[1:], "/")
	if len(segments) > maxPrefixSegments {
		return "", refuse(BadPrefix, "prefix has %d segments; at most %d are allowed", len(segments), maxPrefixSegments)
	}
	for _, segment := range segments {
		if !prefixSegment.MatchString(segment) || segment == "." || segment == ".." {
			return "", refuse(BadPrefix,
				`prefix %s has the segment %s; a segment is letters, digits and -._~!$&'()*+,;=:@, and neither "." nor ".."`,
				quote(text), quote(segment))
		}
	}
	return path, nil
}
