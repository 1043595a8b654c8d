package registry

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxTextLength  = 255
	maxTTL         = 3600
	maxWeight      = 100
	maxMetaEntries = 32
	// The largest integer that every language holds exactly.
	maxSafeInteger = 1<<53 - 1
)

var (
	portDigits = regexp.MustCompile(`^[0-9]{1,5}$`)
	idText     = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	healthHost = regexp.MustCompile(`^[A-Za-z0-9_.:[\]-]{1,255}$`)
	sigText    = regexp.MustCompile(`^[A-Za-z0-9_-]{85}[AQgw]$`)
	healthPath = regexp.MustCompile(`^/[\x21\x24-\x7e]*$`)
)

// parsePort returns a port that is a number or, as services that pass an environment variable through send it, a
// string of digits.
func parsePort(input any) (int, *Refusal) {
	port := 0.0
	switch v := input.(type) {
	case int:
		port = float64(v)
	case json.Number:
		port, _ = v.Float64() // out of range gives an infinity, which is refused below
	case string:
		if portDigits.MatchString(v) {
			port, _ = strconv.ParseFloat(v, 64)
		}
	}
	if port < 1 || port > 65535 || port != float64(int(port)) {
		return 0, refuse(BadPort, "port is %s; it must be a whole number from 1 to 65535", quote(input))
	}
	return int(port), nil
}

func parseInteger(input any, code RefusalCode, field string, min, max int64) (int64, *Refusal) {
	number := math.NaN()
	switch v := input.(type) {
	case int64:
		if v >= min && v <= max {
			return v, nil
		}
	case json.Number:
		number, _ = v.Float64() // out of range gives an infinity, which is refused below
	}
	if number >= float64(min) && number <= float64(max) && number == math.Trunc(number) {
		return int64(number), nil
	}
	return 0, refuse(code, "%s is %s; it must be a whole number from %d to %d", field, quote(input), min, max)
}

func parseID(input any) (string, *Refusal) {
	if text, ok := input.(string); ok && idText.MatchString(text) {
		return text, nil
	}
	return "", refuse(BadID, "id is %s; it must be 1 to 64 of A-Z a-z 0-9 _ . -", quote(input))
}

func parseSig(input any) (string, *Refusal) {
	if text, ok := input.(string); ok && sigText.MatchString(text) {
		return text, nil
	}
	return "", refuse(BadSignature, "sig is %s; it must be 64 bytes in base64url", quote(input))
}

func parseText(input any, code RefusalCode, field string) (string, *Refusal) {
	text, ok := input.(string)
	if ok && text != "" && textLength(text) <= maxTextLength && printable(text) {
		return text, nil
	}
	return "", refuse(code, "%s is %s; it must be 1 to %d printable characters", field, quote(input), maxTextLength)
}

func parseScheme(input any) (string, *Refusal) {
	switch input {
	case "http", "https", "h2c", "h2":
		return input.(string), nil
	}
	return "", refuse(BadScheme, `scheme is %s; it must be one of http, https, h2c, h2`, quote(input))
}

func parseHealth(input any) (*Health, *Refusal) {
	fields, ok := input.(map[string]any)
	if !ok {
		return nil, refuse(BadHealth, "health is %s; it must be an object", quote(input))
	}
	// "endpoint" is the name in published services of this pattern.
	path := firstPresent(fields["path"], fields["endpoint"], missing{})
	method := firstPresent(fields["method"], "GET")
	pathText, ok := path.(string)
	if !ok || len(pathText) > maxTextLength || !healthPath.MatchString(pathText) {
		return nil, refuse(BadHealth, `health.path is %s; it must be a path such as "/health"`, quote(path))
	}
	if method != "GET" && method != "HEAD" && method != "GRPC" {
		return nil, refuse(BadHealth, `health.method is %s; it must be one of GET, HEAD, GRPC`, quote(method))
	}
	host := fields["host"]
	hostText, ok := host.(string)
	if host != nil && (!ok || !healthHost.MatchString(hostText)) {
		return nil, refuse(BadHealth, `health.host is %s; it must be a Host, such as "example.com"`, quote(host))
	}
	return &Health{Path: pathText, Method: method.(string), Host: hostText}, nil
}

func parseDraining(input any) (bool, *Refusal) {
	if draining, ok := input.(bool); ok {
		return draining, nil
	}
	return false, refuse(BadDraining, "draining is %s; it must be true or false", quote(input))
}

func parseMeta(input any) (map[string]string, *Refusal) {
	entries, ok := input.(map[string]any)
	if !ok {
		return nil, refuse(BadMeta, "meta is %s; it must be an object of strings", quote(input))
	}
	if len(entries) > maxMetaEntries {
		return nil, refuse(BadMeta, "meta has %d entries; at most %d are allowed", len(entries), maxMetaEntries)
	}
	meta := make(map[string]string, len(entries))
	for key, value := range entries {
		text, ok := value.(string)
		if !ok {
			return nil, refuse(BadMeta, "meta has the value %s; each must be a string", quote(value))
		}
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			return nil, refuse(BadMeta, "meta has text that is not UTF-8")
		}
		meta[key] = text
	}
	return meta, nil
}

func firstPresent(values ...any) any {
	for _, value := range values {
		if value != nil {
			return value
		}
	}
	return nil
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable)
}

// textLength counts UTF-16 units as JavaScript does, so that all clients agree on the length.
func textLength(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}
