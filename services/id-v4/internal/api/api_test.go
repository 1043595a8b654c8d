package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func ask(t *testing.T, method, path, body string) (*http.Response, map[string]any) {
	t.Helper()
	recorder := httptest.NewRecorder()
	New("a1b2c3").ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	response := recorder.Result()
	var answer map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s %s: %q is no JSON object", method, path, recorder.Body)
	}
	return response, answer
}

func TestEveryResponseSaysWhoAnsweredAndIsJSON(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/health", "", 200},
		{"HEAD", "/health", "", 200},
		{"POST", "/generate", "", 200},
		{"POST", "/generate", strings.Repeat("x", MaxBodyBytes+1), 413},
		{"GET", "/", "", 404},
		{"GET", "/v2/generate", "", 404},
		{"GET", "/%00", "", 404},
		{"GET", "/generate", "", 405},
		{"DELETE", "/health", "", 405},
		{"OPTIONS", "*", "", 404},
		{"BREW", "/generate", "", 405},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			response, _ := ask(t, c.method, c.path, c.body)
			if response.StatusCode != c.status {
				t.Errorf("status %d, want %d", response.StatusCode, c.status)
			}
			if got := response.Header.Get("X-Server"); got != "a1b2c3" {
				t.Errorf("X-Server is %q", got)
			}
			if got := response.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	if _, answer := ask(t, "GET", "/health", ""); answer["status"] != "ok" {
		t.Errorf("got %v", answer)
	}
}

func TestGenerateGivesARandomUUIDWhateverTheBody(t *testing.T) {
	seen := make(map[string]bool)
	for _, body := range []string{"", `{"id":"3jhbj333"}`, `{"id":"3jhbj333"}`, "{", strings.Repeat("x", MaxBodyBytes)} {
		response, answer := ask(t, "POST", "/generate", body)
		if response.StatusCode != 200 || answer["status"] != 1.0 {
			t.Fatalf("got %d %v", response.StatusCode, answer)
		}
		text, _ := answer["id"].(string)
		id, err := uuid.Parse(text)
		if err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 || seen[text] {
			t.Errorf("id %q: %v, version %d, seen before: %v", text, err, id.Version(), seen[text])
		}
		seen[text] = true
	}
}

func TestMethodNotAllowedSaysWhatIs(t *testing.T) {
	for path, want := range map[string]string{"/health": "GET, HEAD", "/generate": "POST"} {
		response, _ := ask(t, "PUT", path, "")
		if got := response.Header.Get("Allow"); got != want {
			t.Errorf("%s allows %q, want %q", path, got, want)
		}
	}
}
