package registry

import (
	"regexp"
	"strings"
)

var (
	placeholderShape = regexp.MustCompile(`^(<.*>|\$?\{.*\}|\[.*\]|%.*%)$`)
	placeholderWords = regexp.MustCompile(`setthis|changeme|changethis|replace(me|this|with)|fillin|insert(your|the)|placeholder|` +
		`your(app|api|own|admin)?(secret|token|key|password)|(secret|token|key|password)here|somethingrandom|randomstring`)
	notAlphanumeric = regexp.MustCompile(`[^a-z0-9]`)
)

// isPlaceholder reports whether a secret is one that a template left to be replaced, such as set-this.
// Such a secret is public.
func isPlaceholder(secret string) bool {
	if len(secret) > 3 && strings.Count(secret, secret[:1]) == len(secret) {
		return true
	}
	return placeholderShape.MatchString(secret) ||
		placeholderWords.MatchString(notAlphanumeric.ReplaceAllString(strings.ToLower(secret), ""))
}
