package registry

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// readVectors reads a file that every implementation of the protocol runs.
func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "conformance", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestAnnouncementsConform(t *testing.T) {
	var vectors struct {
		Cases []struct {
			Name    string
			Input   json.RawMessage
			Expect  map[string]any
			Refused RefusalCode
		}
	}
	readVectors(t, "announcements.json", &vectors)
	if len(vectors.Cases) < 80 {
		t.Fatalf("only %d cases were read", len(vectors.Cases))
	}
	for _, c := range vectors.Cases {
		t.Run(c.Name, func(t *testing.T) {
			service, err := ParseAnnouncement(c.Input)
			if c.Refused != "" {
				var refusal *Refusal
				if !errors.As(err, &refusal) || refusal.Code != c.Refused {
					t.Fatalf("got %+v, %v; want the refusal %s", service, err, c.Refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := asMap(t, service); !reflect.DeepEqual(got, c.Expect) {
				t.Fatalf("got  %v\nwant %v", got, c.Expect)
			}
			again := service
			if err := again.Validate(); err != nil || !reflect.DeepEqual(again, service) {
				t.Fatalf("the canonical form is not its own canonical form: %+v, %v", again, err)
			}
		})
	}
}

func asMap(t *testing.T, service Service) map[string]any {
	t.Helper()
	data, err := json.Marshal(service)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}
