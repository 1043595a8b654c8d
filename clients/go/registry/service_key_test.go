package registry

import (
	"encoding/json"
	"testing"
)

type serviceKeyVectors struct {
	Keys []struct {
		ServiceKey, PublicKey, ID string
	}
	NotKeys []string
	IDs     []struct {
		ID     string
		Key    int
		Expect string
	}
	Statements []struct {
		Name, Registry, Event, Text, Sig string
		Key                              int
		Announcement                     json.RawMessage
	}
}

func TestServiceKeysConform(t *testing.T) {
	var vectors serviceKeyVectors
	readVectors(t, "service-keys.json", &vectors)
	if len(vectors.Statements) < 7 || len(vectors.IDs) < 4 {
		t.Fatalf("only %d statements and %d ids were read", len(vectors.Statements), len(vectors.IDs))
	}
	for _, each := range vectors.Keys {
		signer, ok := newSigner(each.ServiceKey, "")
		if !ok || signer.publicHalf() != each.PublicKey {
			t.Errorf("the public half of %s is %s, %t; want %s", each.ServiceKey, signer.publicHalf(), ok, each.PublicKey)
		}
	}
	for _, text := range vectors.NotKeys {
		if _, ok := newSigner(text, ""); ok && text != "" {
			t.Errorf("%q is taken for a service key", text)
		}
	}
	for _, each := range vectors.IDs {
		signer, _ := newSigner(vectors.Keys[each.Key].ServiceKey, "")
		if got := signer.idFor(each.ID); got != each.Expect {
			t.Errorf("the id of %s is %s; want %s", each.ID, got, each.Expect)
		}
	}
	for _, each := range vectors.Statements {
		t.Run(each.Name, func(t *testing.T) {
			service, err := ParseAnnouncement(each.Announcement)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(signedText(each.Registry, each.Event, service)); got != each.Text {
				t.Fatalf("the signed text is\n%s\nwant\n%s", got, each.Text)
			}
			signer, _ := newSigner(vectors.Keys[each.Key].ServiceKey, each.Registry)
			signed := signer.sign(each.Event, service)
			if signed.Sig != each.Sig {
				t.Fatalf("the signature is %s; want %s", signed.Sig, each.Sig)
			}
			if !signer.hasSigned(each.Event, signed) {
				t.Error("its own signature is not recognised")
			}
			signed.Port++
			if signer.hasSigned(each.Event, signed) {
				t.Error("a changed announcement is taken for a signed one")
			}
		})
	}
}
