package registry

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func TestOwnersConform(t *testing.T) {
	var vectors struct {
		Hashes []struct {
			ID, Hash string
			Inc, Seq int64
			Left     bool
		}
		RollCalls []struct {
			Name, Digest string
			Version      struct {
				ID       string
				Inc, Seq int64
			}
			AsksFor bool
		}
		Waits    []struct{ Size, Longest json.Number }
		Channels []struct {
			Registry, Owners, ID, Presence string
			Refused                        bool
		}
		Members []struct {
			ID, Member string
			Inc        *int64
		}
		Outbids []struct {
			Name string
			Own  struct {
				ID  string
				Inc int64
			}
			Told struct {
				ID   string
				Inc  int64
				Left bool
			}
			Next *int64
		}
		OutbidWaits []int
		Sealed      struct {
			MasterKey string
			Cases     []struct {
				Event, Channel string
				Data           json.RawMessage
				sealed
			}
			Refused []struct {
				Name, Event, Channel string
				sealed
			}
		}
	}
	readVectors(t, "owners.json", &vectors)
	for _, read := range []int{
		len(vectors.Hashes), len(vectors.RollCalls), len(vectors.Waits), len(vectors.Channels), len(vectors.Members),
		len(vectors.Outbids), len(vectors.OutbidWaits), len(vectors.Sealed.Cases), len(vectors.Sealed.Refused),
	} {
		if read == 0 {
			t.Fatal("vectors are missing")
		}
	}

	for _, c := range vectors.Hashes {
		t.Run("hash "+c.Hash, func(t *testing.T) {
			if got := hashOf(c.ID, c.Inc, c.Seq, c.Left); got != c.Hash {
				t.Errorf("got %s", got)
			}
		})
	}
	for _, c := range vectors.RollCalls {
		t.Run("roll call: "+c.Name, func(t *testing.T) {
			version := Service{ID: c.Version.ID, Inc: c.Version.Inc, Seq: c.Version.Seq}
			if got := (rollCall{digest: c.Digest}).asksFor(version); got != c.AsksFor {
				t.Errorf("asks for it: %v", got)
			}
		})
	}
	for _, c := range vectors.Waits {
		t.Run("wait among "+c.Size.String(), func(t *testing.T) {
			call, ok := parseRollCall(fmt.Appendf(nil, `{"nonce":"n","digest":"","size":%s}`, c.Size))
			if got := call.answerWait().Milliseconds(); !ok || fmt.Sprint(got) != c.Longest.String() {
				t.Errorf("got %d ms, want %s", got, c.Longest)
			}
		})
	}
	for _, c := range vectors.Channels {
		t.Run("channel "+c.Registry, func(t *testing.T) {
			names, err := channelsOf(c.Registry)
			if c.Refused {
				expectCode(t, err, CodeConfig)
				return
			}
			if err != nil || names.owners() != c.Owners || names.presence(c.ID) != c.Presence {
				t.Errorf("got %s and %s, %v", names.owners(), names.presence(c.ID), err)
			}
		})
	}
	for _, c := range vectors.Members {
		t.Run("member "+c.Member, func(t *testing.T) {
			inc, ok := incOf(c.Member, c.ID)
			if ok != (c.Inc != nil) || ok && inc != *c.Inc {
				t.Errorf("got %d, %v", inc, ok)
			}
			if ok && memberOf(c.ID, inc) != c.Member {
				t.Errorf("written as %s", memberOf(c.ID, inc))
			}
		})
	}
	for _, c := range vectors.Outbids {
		t.Run("outbid: "+c.Name, func(t *testing.T) {
			next, needed := outbid(Service{ID: c.Own.ID, Inc: c.Own.Inc}, Service{ID: c.Told.ID, Inc: c.Told.Inc}, c.Told.Left)
			if needed != (c.Next != nil) || needed && next != *c.Next {
				t.Errorf("got %d, %v", next, needed)
			}
		})
	}
	t.Run("waits between outbids", func(t *testing.T) { expectOutbidWaits(t, vectors.OutbidWaits) })
	sealer, ok := newSealer(vectors.Sealed.MasterKey)
	if !ok {
		t.Fatal("the key is refused")
	}
	for _, c := range vectors.Sealed.Cases {
		t.Run("sealed: "+c.Event+" of "+c.Channel, func(t *testing.T) {
			here, message := envelope{c.Event, c.Channel}, []byte(encoded(t, c.sealed))
			if data, ok := sealer.open(here, message); !ok || string(data) != string(c.Data) {
				t.Errorf("opened %q, %v", data, ok)
			}
			if data, ok := sealer.open(here, sealer.seal(here, c.Data)); !ok || string(data) != string(c.Data) {
				t.Errorf("sealed and opened %q, %v", data, ok)
			}
			for _, elsewhere := range []envelope{{"other", c.Channel}, {c.Event, c.Channel + "x"}} {
				if _, ok := sealer.open(elsewhere, message); ok {
					t.Errorf("opened as %s of %s", elsewhere.event, elsewhere.channel)
				}
			}
		})
	}
	for _, c := range vectors.Sealed.Refused {
		t.Run("not opened: "+c.Name, func(t *testing.T) {
			if data, ok := sealer.open(envelope{c.Event, c.Channel}, []byte(encoded(t, c.sealed))); ok {
				t.Errorf("opened %q", data)
			}
		})
	}
}

func expectOutbidWaits(t *testing.T, seconds []int) {
	now := time.UnixMilli(0)
	var asked time.Duration
	o := outbids{clock: clock{
		now:   func() time.Time { return now },
		after: func(d time.Duration) <-chan time.Time { asked = d; return make(chan time.Time) },
	}}
	o.need(5)
	if asked != 0 || o.due == nil {
		t.Errorf("the first waits %v", asked)
	}
	for i, want := range seconds {
		o.done()
		if o.due != nil {
			t.Error("one is due that nobody needs")
		}
		o.need(int64(7 + i))
		o.need(6)
		if asked != time.Duration(want)*time.Second || o.next != int64(7+i) {
			t.Errorf("outbid %d as %d waits %v, want %d s", i+2, o.next, asked, want)
		}
		now = now.Add(asked)
	}
	o.done()
	now = now.Add(time.Hour)
	if o.need(100); asked > 0 {
		t.Errorf("after an hour waits %v", asked)
	}
}

// Whoever has the secret can tell of a run that cannot be outbid: it shall not stand in the way of one that can.
func TestAnIncarnationThatWasDealtWithIsNotOutbidAgain(t *testing.T) {
	o := outbids{clock: systemClock}
	o.need(maxSafeInteger + 1)
	o.done()
	o.need(5)
	if o.next != 5 {
		t.Errorf("the next is %d, want 5", o.next)
	}
}
