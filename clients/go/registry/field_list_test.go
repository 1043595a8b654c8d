package registry

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// listedField is an entry of the list of announcement fields, from which TypeScript's types come.
type listedField struct {
	Name       string
	Type       string
	Go         string
	Code       RefusalCode
	Min, Max   json.Number
	Values     []string
	MaxLength  int
	MaxEntries int
	IsRequired bool
	Fields     []listedField
}

func TestServiceHasTheListedFields(t *testing.T) {
	var listed []listedField
	readVectors(t, "announcement-fields.json", &listed)
	names := make([]string, len(listed))
	for i, field := range listed {
		names[i] = field.Name
	}
	if known := slices.Sorted(maps.Keys(knownFields)); !reflect.DeepEqual(known, slices.Sorted(slices.Values(names))) {
		t.Errorf("the client knows %v; the list has %v", known, names)
	}
	compareFields(t, reflect.TypeFor[Service](), listed, "Extra")
}

// compareFields fails unless the exported fields of a struct are the listed ones, each of its type.
func compareFields(t *testing.T, typ reflect.Type, listed []listedField, others ...string) {
	t.Helper()
	var want []string
	for _, field := range listed {
		want = append(want, field.Go)
		got, ok := typ.FieldByName(field.Go)
		if !ok {
			t.Errorf("%s has no field %s for %q", typ.Name(), field.Go, field.Name)
			continue
		}
		if !isOfType(got.Type, field.Type) {
			t.Errorf("%s.%s is a %s; the list has %s", typ.Name(), field.Go, got.Type, field.Type)
		}
		if field.Type == "object" {
			compareFields(t, got.Type.Elem(), field.Fields)
		}
	}
	for _, field := range reflect.VisibleFields(typ) {
		if field.IsExported() && !slices.Contains(append(want, others...), field.Name) {
			t.Errorf("%s.%s is not in the list", typ.Name(), field.Name)
		}
	}
}

func isOfType(typ reflect.Type, listed string) bool {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch listed {
	case "port", "integer":
		return typ.Kind() == reflect.Int || typ.Kind() == reflect.Int64
	case "boolean":
		return typ.Kind() == reflect.Bool
	case "strings":
		return typ == reflect.TypeFor[map[string]string]()
	case "object":
		return typ.Kind() == reflect.Struct
	default:
		return typ.Kind() == reflect.String
	}
}

func TestServiceTakesTheListedValues(t *testing.T) {
	var listed []listedField
	readVectors(t, "announcement-fields.json", &listed)
	for _, field := range listed {
		if field.IsRequired {
			continue
		}
		for _, each := range append(field.Fields, field) {
			t.Run(field.Name+"."+each.Name, func(t *testing.T) {
				valid, invalid := limits(each)
				for _, value := range valid {
					if err := parseWith(field, each, value); err != nil {
						t.Errorf("%v is refused: %v", value, err)
					}
				}
				for _, value := range invalid {
					var refusal *Refusal
					if err := parseWith(field, each, value); !errors.As(err, &refusal) || refusal.Code != field.Code {
						t.Errorf("%v: got %v; want the refusal %s", value, err, field.Code)
					}
				}
			})
		}
	}
}

// limits are values at the limits of what a field takes, and just beyond them.
func limits(field listedField) (valid, invalid []any) {
	switch field.Type {
	case "integer":
		low, _ := field.Min.Int64()
		high, _ := field.Max.Int64()
		return []any{low, high}, []any{low - 1, high + 1, string(field.Min), true}
	case "text":
		longest := string(slices.Repeat([]rune("é"), field.MaxLength))
		return []any{"a", longest}, []any{longest + "a", "", "a\nb", 1}
	case "choice":
		for _, value := range field.Values {
			valid = append(valid, value)
		}
		return valid, []any{"", "other", 1}
	case "boolean":
		return []any{true, false}, []any{"true", 0}
	case "strings":
		return []any{entries(field.MaxEntries)}, []any{entries(field.MaxEntries + 1), map[string]any{"a": 1}, "a"}
	}
	return nil, nil
}

func entries(count int) map[string]any {
	all := make(map[string]any, count)
	for i := range count {
		all[string(rune('A'+i))] = "v"
	}
	return all
}

// parseWith reads an announcement with a field, or with a field of an object in it.
func parseWith(outer, field listedField, value any) error {
	announcement := map[string]any{"prefix": "/v1", "port": 1, "address": "10.0.0.1", "id": "a", "inc": 1}
	if outer.Name == field.Name {
		announcement[field.Name] = value
	} else {
		// The path is what a health check has to have.
		object := map[string]any{field.Name: value}
		if outer.Name == "health" {
			object = map[string]any{"path": "/h", field.Name: value}
		}
		announcement[outer.Name] = object
	}
	data, err := json.Marshal(announcement)
	if err != nil {
		return err
	}
	_, err = ParseAnnouncement(data)
	return err
}
