package registry

import (
	"context"
	"encoding/json"
	"time"
)

const (
	// enterEvery is the wait between two attempts to come back, half as long to half as long again, so that
	// many owners that lost one broker do not come in step.
	enterEvery = 500 * time.Millisecond
	// announceWithin is how soon after coming back the announcement is repeated.
	announceWithin = time.Second
)

// presence is what the keeper knows of its presence channel. The zero value is for lease mode.
type presence struct {
	link *link // nil while not connected
	// shown is what the channel shows of the service: what it was when it came in.
	shown Service
	// early is what was heard before the keeper began.
	early   []frame
	again   timer // when to try to come back
	outbids outbids
	// reported means that the user knows that we do not come back.
	reported bool
}

// enterFirst does nothing in lease mode.
func (r *Registrar) enterFirst(ctx context.Context) (presence, error) {
	if r.broker.config.Mode == Lease {
		return presence{}, nil
	}
	p := presence{again: timer{clock: r.clock}, outbids: outbids{clock: r.clock}}
	err := r.broker.insist(ctx, func() (failed *fault) {
		p.shown = r.Service()
		p.link, p.early, failed = r.broker.enter(ctx, p.shown)
		return failed
	})
	return p, err
}

func (p *presence) leave() {
	if p.link != nil {
		p.link.close()
	}
}

// shows tells whether whoever comes into the channel sees the service in this version.
func (p *presence) shows(service Service) bool {
	return p.link != nil && p.shown.Inc == service.Inc && p.shown.Seq == service.Seq
}

func (p *presence) heard() <-chan frame {
	if p.link == nil {
		return nil
	}
	return p.link.heard
}

func (k *keeper) lose() {
	k.presence.link = nil
	k.presence.again.in(enterEvery/2 + k.clock.upTo(enterEvery))
}

func (k *keeper) enterAgain() {
	service := k.Service()
	link, heard, fault := k.broker.enter(k.ended, service)
	if fault != nil {
		k.lose()
		if !k.presence.reported && k.ended.Err() == nil {
			k.presence.reported = true
			k.report(k.broker.describe(k.ended, fault))
		}
		return
	}
	k.presence.link, k.presence.shown, k.presence.reported = link, service, false
	k.presence.again.stop()
	k.next.within(k.clock.upTo(announceWithin))
	k.hearAll(heard)
}

func (k *keeper) hearAll(frames []frame) {
	for _, each := range frames {
		k.hear(each)
	}
}

func (k *keeper) hear(heard frame) {
	own, names := k.Service(), k.broker.channels
	switch heard.Channel {
	case names.owners():
		call, ok := parseRollCall(k.opened(heard))
		isNews := call.holdsAll() || !k.presence.shows(own)
		if heard.Event == "rollcall" && ok && call.asksFor(own) && isNews {
			k.next.within(k.clock.upTo(call.answerWait()))
		}
	case names.presence(own.ID):
		for _, member := range heard.members() {
			if inc, ok := incOf(member, own.ID); ok {
				k.told(own, Service{ID: own.ID, Inc: inc}, false)
			}
		}
		if heard.Event == "table" {
			up, left := parseTable(k.opened(heard))
			for _, each := range up {
				k.told(own, each, false)
			}
			for _, each := range left {
				k.told(own, each, true)
			}
		}
	}
}

// opened is the data of an event; nothing if it should be sealed and is not by one who has the key.
func (k *keeper) opened(event frame) []byte {
	if k.broker.sealer == nil {
		return event.Data
	}
	text, _ := k.broker.sealer.open(event.Channel, event.Data)
	return text
}

// parseTable reads what an observer tells the owner. What is no announcement takes no other with it.
func parseTable(data []byte) (up, left []Service) {
	var table struct{ Up, Left []json.RawMessage }
	_ = json.Unmarshal(data, &table)
	return parseAnnouncements(table.Up), parseAnnouncements(table.Left)
}

func parseAnnouncements(list []json.RawMessage) (services []Service) {
	for _, each := range list {
		if service, err := ParseAnnouncement(each); err == nil {
			services = append(services, service)
		}
	}
	return services
}

func (k *keeper) told(own, of Service, left bool) {
	if next, needed := outbid(own, of, left); needed {
		k.presence.outbids.need(next)
	}
}

// outbid goes on as a later incarnation, in the presence channel first.
func (k *keeper) outbid() {
	was, is, err := k.goOn(k.ended, k.presence.outbids.next)
	k.presence.outbids.done()
	if err != nil {
		k.report(err)
		return
	}
	if is.Inc == was.Inc {
		return
	}
	if k.presence.link != nil { // If not, it comes back as what it is now.
		k.enterAs(is)
	}
	if k.OnOutbid != nil {
		k.OnOutbid(was, is)
	}
}

// enterAs changes who we are in the presence channel: there a member is for good who it was when it came.
func (k *keeper) enterAs(service Service) {
	ctx, cancel := context.WithTimeout(k.ended, k.broker.timeout)
	defer cancel()
	link, entry := k.presence.link, k.broker.presenceOf(service)
	link.unsubscribe(entry.channel)
	heard, err := link.join(ctx, entry)
	if err != nil {
		link.close()
		k.lose()
		return
	}
	k.presence.shown = service
	k.next.within(0)
	k.hearAll(heard)
}

// goOn makes the run a later incarnation, unless it is one already.
func (r *Registrar) goOn(ctx context.Context, inc int64) (was, is Service, err error) {
	release, err := r.takeTurn(ctx)
	was = r.Service()
	if err != nil {
		return was, was, nil // It has ended.
	}
	defer release()
	was = r.Service()
	if inc <= was.Inc || ctx.Err() != nil {
		return was, was, nil
	}
	is = was
	is.Inc, is.Seq = inc, 0
	if err := r.say(is); err != nil {
		return was, was, cannot("go on as a later incarnation", err)
	}
	r.incarnations.passed(inc)
	return was, is, nil
}
