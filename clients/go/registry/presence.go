package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

const (
	// enterEvery is the mean wait between two attempts to reconnect. It varies by half, so that many owners
	// which lost one broker do not reconnect in step.
	enterEvery = 500 * time.Millisecond
	// announceWithin is the longest wait before the announcement is repeated after a reconnect.
	announceWithin = time.Second
)

// presence is the state of the keeper's presence channel. The zero value is for lease mode.
type presence struct {
	link *link // nil while not connected
	// shown is the service as the channel shows it: as it was when it joined.
	shown Service
	// early are the frames that came before the keeper started.
	early   []frame
	again   timer // when to try to reconnect
	outbids outbids
	// reported are the faults since the connection was lost, or since Register has failed.
	reported faults
}

// enterFirst joins the presence channel. It does nothing in lease mode.
func (r *Registrar) enterFirst(ctx context.Context) (presence, error) {
	if r.broker.config.Mode == Lease {
		return presence{}, nil
	}
	p := presence{again: timer{clock: r.clock}, outbids: outbids{clock: r.clock}}
	err := r.broker.withRetries(ctx, func() (failed *fault) {
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

// shows reports whether the channel shows this version of the service.
func (p *presence) shows(service Service) bool {
	return p.link != nil && p.shown.Inc == service.Inc && p.shown.Seq == service.Seq
}

func (p *presence) received() <-chan frame {
	if p.link == nil {
		return nil
	}
	return p.link.received
}

// keys returns the keys that an auth server has given for channels of the connection.
func (p *presence) keys() map[string]channelKey {
	if p.link == nil {
		return nil
	}
	return p.link.keys
}

func (k *keeper) lose() {
	k.presence.link = nil
	k.presence.again.in(enterEvery/2 + k.clock.upTo(enterEvery))
}

func (k *keeper) reenter() {
	var shown Service
	link, received, fault := k.broker.enterWith(k.ended, func(l *link) (admissions []admission, err error) {
		admissions, shown, err = k.authorize(l)
		return admissions, err
	})
	if fault != nil {
		k.lose()
		k.reportOnce(fault)
		return
	}
	k.presence.link, k.presence.shown, k.presence.reported = link, shown, faults{}
	k.presence.again.stop()
	if k.isPending.Load() {
		k.next.within(0)
	} else {
		k.next.within(k.clock.upTo(announceWithin))
	}
	k.handleAll(received)
}

// authorize asks for the authorizations of an owner until it has them or the link is lost, because the auth server may be
// away. It returns with what announcement the service joins.
func (k *keeper) authorize(l *link) ([]admission, Service, error) {
	for wait := firstRetry; ; wait = min(2*wait, maxRetry) {
		service, err := k.current()
		if err != nil {
			k.report(err)
		}
		admissions, _, err := l.authorize(k.ended, k.broker.subscriptionsOf(service)...)
		var failed *fault
		if !errors.As(err, &failed) || !failed.ofAuth {
			return admissions, service, err
		}
		k.reportOnce(failed)
		if err := l.sleep(k.ended, k.clock, wait/2+k.clock.upTo(wait/2)); err != nil {
			return nil, service, err
		}
	}
}

// reportOnce reports a fault that is retried, unless one of its kind was reported.
func (k *keeper) reportOnce(f *fault) {
	err := k.broker.describe(k.ended, f)
	switch {
	case k.ended.Err() != nil || !k.presence.reported.isNew(err):
	case k.isPending.Load():
		k.reportStart(k.notYet(err))
	default:
		k.report(err)
	}
}

// current returns the announcement to join the presence channel with.
func (k *keeper) current() (Service, error) {
	release, err := k.takeTurn(k.ended)
	if err != nil {
		return k.Service(), nil // It has ended.
	}
	defer release()
	err = k.correctAddress(k.ended)
	return k.Service(), err
}

func (k *keeper) handleAll(frames []frame) {
	for _, each := range frames {
		k.handle(each)
	}
}

func (k *keeper) handle(received frame) {
	own, names := k.Service(), k.broker.channels
	switch received.Channel {
	case names.owners():
		call, ok := parseRollCall(k.opened(received))
		isNews := call.holdsAll() || !k.presence.shows(own)
		if received.Event == "rollcall" && ok && call.asksFor(own) && isNews {
			k.next.within(k.clock.upTo(call.answerWait()))
		}
	case names.presence(own.ID):
		for _, member := range received.members() {
			k.meet(own, member)
		}
		if received.Event == "table" {
			up, left := parseTable(k.opened(received))
			for _, each := range up {
				k.compareSigned(own, each, "register")
			}
			for _, each := range left {
				k.compareSigned(own, each, "exit")
			}
		}
	}
}

// meet compares a member of the instance's channel, which is an observer or a run with the same ID. A service that signs
// believes a signature only: a forged run would have it number its own so high that it cannot follow itself.
func (k *keeper) meet(own Service, member member) {
	inc, ok := incOf(member.UserID, own.ID)
	if !ok || inc == own.Inc {
		return
	}
	if k.broker.signer == nil {
		k.compare(own, Service{ID: own.ID, Inc: inc}, false)
		return
	}
	info := k.opened(frame{Event: memberEvent, Channel: k.broker.channels.presence(own.ID), Data: member.Info})
	if held, err := ParseAnnouncement(info); err == nil && held.ID == own.ID && held.Inc == inc {
		k.compareSigned(own, held, "register")
	}
}

// compareSigned compares what an observer holds of the service, unless it is forged.
func (k *keeper) compareSigned(own, held Service, event string) {
	if k.broker.signer.hasSigned(event, held) {
		k.compare(own, held, event == "exit")
	}
}

// opened returns the decrypted data of an event, or nothing if it is not sealed with the key of the registry or of the
// channel, for this event and channel.
func (k *keeper) opened(event frame) []byte {
	return k.broker.open(event, k.presence.keys())
}

// parseTable reads the statements that an observer sends to the owner. Invalid announcements are skipped.
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

func (k *keeper) compare(own, of Service, left bool) {
	if next, needed := outbid(own, of, left); needed {
		k.presence.outbids.need(next)
	}
}

// outbid continues as a later incarnation, in the presence channel first.
func (k *keeper) outbid() {
	was, is, err := k.continueAs(k.ended, k.presence.outbids.next)
	k.presence.outbids.done()
	if err != nil {
		k.report(err)
		return
	}
	if is.Inc == was.Inc {
		return
	}
	if k.presence.link != nil { // If not, it reconnects as the new incarnation.
		k.enterAs(is)
	}
	for _, each := range k.all() {
		if other := each.kept(); other != nil && other != k {
			select {
			case other.moved <- struct{}{}:
			default: // It has yet to follow.
			}
		}
	}
	if k.first.OnOutbid != nil {
		k.first.OnOutbid(was, is)
	}
}

// follow joins the presence channel as the later run that the service has become.
func (k *keeper) follow() {
	if service := k.Service(); k.presence.link != nil && k.presence.shown.Inc != service.Inc {
		k.enterAs(service)
	}
}

// enterAs joins the presence channel anew, because the identity of a member cannot change.
func (k *keeper) enterAs(service Service) {
	link, entry := k.presence.link, k.broker.presenceOf(service)
	admissions, early, err := link.authorize(k.ended, entry)
	var received []frame
	if err == nil {
		link.unsubscribe(entry.channel)
		received, err = link.subscribe(k.ended, admissions)
	}
	if err != nil {
		link.close()
		k.lose()
		return
	}
	k.presence.shown = service
	k.next.within(0)
	k.handleAll(append(early, received...))
}

// continueAs gives the run a later incarnation, unless it has one already.
func (r *Registrar) continueAs(ctx context.Context, inc int64) (was, is Service, err error) {
	release, err := r.takeTurn(ctx)
	was = r.Service()
	if err != nil {
		return was, was, nil // It has ended.
	}
	defer release()
	if ctx.Err() != nil {
		return was, was, nil
	}
	if was, is, err = r.identity.continueAs(inc, r.check); err != nil {
		return was, was, cannot("continue as a later incarnation", err)
	}
	r.incarnations.passed(is.Inc)
	return was, is, nil
}
