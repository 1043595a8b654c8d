import { createHash } from 'node:crypto';
import { channelEventFrame, isCacheChannel } from '@rollcall/protocol/pusher';
import type { SignedMember, User } from '@rollcall/protocol/pusher';
import type { AppOptions } from '../settings/options.ts';
import type {
  App,
  AppEnvironment,
  AppSize,
  ChannelStates,
  ClientEvent,
  Publication,
  SignIn,
  SubscribeResult,
  Subscription,
} from '../app/app.ts';
import type { Connection } from '../app/connection.ts';
import type { Counters } from '../app/counters.ts';
import type { CachedEvent } from '../app/event-cache.ts';
import { LocalApp } from '../app/local-app.ts';
import { after } from '../app/maybe-promise.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import { UnavailableError } from '../app/unavailable-error.ts';
import { CachedEvents } from './cached-events.ts';
import { eventMessage, parseAppMessage } from './app-messages.ts';
import type { ClusterMember, ClusterNode } from './cluster-node.ts';
import { hashOf } from './hash.ts';
import { ListenedSubjects } from './listened-subjects.ts';
import { Parts } from './presence/parts.ts';
import type { PartPayload } from './presence/parts.ts';
import { applyEntry, memberKey, subscriptionsKey, userKey } from './presence/keys.ts';
import { SharedWebhooks } from './shared-webhooks.ts';

/** Channels are spread over as many subjects. A node listens to those in which it has subscribers. */
const SUBJECTS = 32;

/** A node serves at once if it has not heard of all others by then. */
const MAX_SETTLE_MS = 3_000;

/** Of the time in milliseconds that a stamp begins with. */
const TIME_DIGITS = 15;

/**
 * One app on one node of a cluster. What its clients do is said to the other nodes, and what is said of theirs is kept in the
 * {@link LocalApp}, so that every question is answered at once.
 */
export class ClusterApp implements App, ClusterMember {
  readonly #node: ClusterNode;
  readonly #key: string;
  readonly #local: LocalApp;
  readonly #parts: Parts;
  readonly #webhooks: SharedWebhooks;
  readonly #cachedEvents: CachedEvents;
  /** Subjects of channels with own subscribers. */
  readonly #subjects: ListenedSubjects;
  #settled: (() => void) | undefined;
  #isFlushing = false;
  /** From then on another instance may be the app on this node: nothing is said or listened to any more. */
  #isClosed = false;
  /** The lowest time that an event published here may have. */
  #minTime = 0;

  /** @param clock - milliseconds of a clock that never goes back. */
  constructor(
    options: AppOptions,
    { counters, report }: AppEnvironment,
    node: ClusterNode,
    clock: () => number = () => performance.now(),
  ) {
    this.#node = node;
    // App ids may have characters that engines give a meaning.
    this.#key = createHash('sha256').update(options.appId).digest('hex').slice(0, 16);
    // A node that does not serve the app reports nothing of it, and answers nothing.
    const peers = (): readonly string[] => {
      const serving = new Set(this.#parts.nodes);
      return node.peers.filter((peer) => serving.has(peer));
    };
    this.#webhooks = new SharedWebhooks({ node: node.id, peers, clock, report });
    this.#parts = new Parts(node.id, {
      send: (payload) => this.#sayState(payload),
      changed: (peer, key, value) => applyEntry(this.#local, peer, key, value),
      left: (peer) => this.#webhooks.gone(peer),
    });
    const environment = { counters, report: this.#webhooks.report.bind(this.#webhooks) };
    this.#local = new LocalApp(options, environment, clock, {
      subscriptions: (channel, count) => this.#set(subscriptionsKey(channel), count || null),
      member: (channel, userId, infoJson) =>
        this.#set(memberKey(channel, userId), infoJson ?? null),
      user: (userId, isSignedIn) => this.#set(userKey(userId), isSignedIn ? 1 : null),
    });
    this.#cachedEvents = new CachedEvents({
      local: this.#local,
      peers,
      note: (message) => node.note(this.#subject('all'), message),
      clock,
    });
    this.#subjects = new ListenedSubjects({
      listen: (subject) => node.listen(subject),
      unlisten: (subject) => node.unlisten(subject),
    });
  }

  /** Joins the cluster. Resolves when the clients of the other nodes are known, or cannot be learnt soon. */
  async open(): Promise<void> {
    const settled = new Promise<void>((resolve) => (this.#settled = resolve));
    await Promise.all(['state', 'all'].map((name) => this.#node.listen(this.#subject(name))));
    this.#node.add(this.#key, this);
    // A broker may have many apps, and a link that is not up is waited for once.
    const maxMs = this.#node.isConnected ? MAX_SETTLE_MS : MAX_SETTLE_MS - this.#node.ageMs;
    const timer = setTimeout(() => this.#settled?.(), maxMs);
    await settled;
    clearTimeout(timer);
  }

  get options(): AppOptions {
    return this.#local.options;
  }

  get counters(): Counters {
    return this.#local.counters;
  }

  get size(): AppSize {
    return this.#local.size;
  }

  get hasRoom(): boolean {
    return this.#local.hasRoom;
  }

  configure(options: AppOptions): void {
    this.#local.configure(options);
  }

  connectionOpened(): void {
    this.#local.connectionOpened();
  }

  connectionClosed(): void {
    this.#local.connectionClosed();
  }

  subscribe(subscription: Subscription): MaybePromise<SubscribeResult> {
    this.#assertServed();
    const { channel } = subscription;
    // Every node listens to the subject of all from the start.
    if (isCacheChannel(channel)) {
      return after(this.#cachedEvents.fetch(channel), () => this.#subscribe(subscription));
    }
    const subject = this.#subjectOf(channel);
    // From the confirmation on, the connection may miss no event.
    return after(this.#subjects.add(subject), () => {
      const result = this.#subscribe(subscription);
      if (result === 'full') this.#subjects.remove(subject);
      return result;
    });
  }

  unsubscribe(channel: string, connection: Connection): void {
    if (!this.#local.isSubscribed(channel, connection)) return;
    this.#local.unsubscribe(channel, connection);
    if (!isCacheChannel(channel)) this.#subjects.remove(this.#subjectOf(channel));
  }

  async publish(publications: readonly Publication[]): Promise<void> {
    const stamp = this.#stamp();
    await Promise.all(publications.flatMap((publication) => this.#publish(publication, stamp)));
    for (const publication of publications) this.counters.published(publication);
  }

  async relay(clientEvent: ClientEvent): Promise<void> {
    const { event, channel, data, sender } = clientEvent;
    const frame = channelEventFrame(channel, event, data, this.#local.userOf(channel, sender));
    const message = ['client-event', channel, frame, sender.socketId];
    await this.#post(this.#subjectOf(channel), message, () => this.#local.relay(clientEvent));
  }

  signIn(signIn: SignIn): void {
    this.#local.signIn(signIn);
  }

  signOut(user: User, connection: Connection): void {
    this.#local.signOut(user, connection);
  }

  async terminateConnections(userId: string): Promise<void> {
    await this.#node.post(this.#subject('all'), ['terminate', userId]);
    this.#local.terminateConnections(userId);
  }

  channelsNamed(names: readonly string[]): ChannelStates {
    return this.#local.channelsNamed(names);
  }

  channelsStartingWith(prefix: string): ChannelStates {
    return this.#local.channelsStartingWith(prefix);
  }

  userIds(channel: string): readonly string[] {
    return this.#local.userIds(channel);
  }

  members(channel: string): readonly SignedMember[] {
    return this.#local.members(channel);
  }

  lastEvent(channel: string): MaybePromise<CachedEvent | undefined> {
    return after(this.#cachedEvents.fetch(channel), () => this.#local.lastEvent(channel));
  }

  close(): void {
    this.#parts.leave();
    this.#isClosed = true;
    this.#node.remove(this.#key);
    for (const name of ['state', 'all']) this.#node.unlisten(this.#subject(name));
    this.#settled?.();
    this.#subjects.close();
    this.#cachedEvents.close();
    this.#local.close();
  }

  receive(peer: string, subject: string, payload: unknown): void {
    if (subject === this.#subject('state')) return this.#receivePart(peer, payload);
    const message = parseAppMessage(payload);
    switch (message?.[0]) {
      case 'event': {
        const [, name, data, channels, except, stamp] = message;
        const publication = { name, data, channels, exceptSocketId: except ?? undefined };
        this.#minTime = Math.max(
          this.#minTime,
          Number.parseInt(stamp.slice(0, TIME_DIGITS), 10) + 1 || 0,
        );
        return this.#deliver(publication, stamp);
      }
      case 'client-event': {
        const [, channel, frame, senderId] = message;
        return this.#local.deliverClientEvent(channel, frame, senderId);
      }
      case 'terminate':
        return this.#local.terminateConnections(message[1]);
      case 'cached?':
        return this.#cachedEvents.answer(message[1]);
      case 'cached':
        return this.#cachedEvents.answered(peer, message[1]);
      case undefined:
    }
  }

  lost(peer: string, subject: string): void {
    if (subject === this.#subject('state')) this.#parts.lost(peer);
    if (subject === this.#subject('all')) this.#cachedEvents.lost();
  }

  absent(peer: string, subject: string): void {
    if (subject !== this.#subject('state')) return;
    this.#parts.absent(peer);
    this.#settle();
  }

  joined(peer: string): void {
    this.#parts.joined(peer);
  }

  left(peer: string): void {
    this.#webhooks.gone(peer);
  }

  gone(peer: string): void {
    this.#parts.gone(peer);
    this.#webhooks.gone(peer);
  }

  beat(): void {
    this.#parts.beat();
    this.#settle();
  }

  #settle(): void {
    if (this.#node.hasSettled && this.#parts.isWhole) this.#settled?.();
  }

  #sayState(payload: PartPayload): void {
    this.#node.say(this.#subject('state'), payload);
    // A node that does not serve the app does not hear the question.
    if ('ask' in payload) this.#node.locate(this.#subject('state'));
  }

  /** A subscription may be answered late, after the app was closed. */
  #assertServed(): void {
    if (this.#isClosed) throw new UnavailableError('The app is not served any more.');
  }

  #subscribe(subscription: Subscription): SubscribeResult {
    this.#assertServed();
    return this.#local.subscribe(subscription);
  }

  #receivePart(peer: string, payload: unknown): void {
    this.#parts.receive(peer, payload);
    this.#flushLater();
  }

  #set(key: string, value: string | number | null): void {
    this.#parts.set(key, value);
    this.#flushLater();
  }

  /** At the end of the turn, so that what changes in one turn is said together. */
  #flushLater(): void {
    if (this.#isFlushing || !this.#parts.hasNews) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      if (!this.#isClosed) this.#parts.flush();
    });
  }

  #deliver(publication: Publication, stamp: string): void {
    for (const channel of publication.channels) {
      if (isCacheChannel(channel)) this.#cachedEvents.published(channel);
    }
    this.#local.deliver(publication, stamp);
  }

  /**
   * Says something to the nodes that have subscribers, and then delivers it on this one. What is said to a subject is accepted in the
   * order in which it is said, so that this node delivers in the same order as the others, and waits for no other subject.
   */
  #post(subject: string, message: unknown, deliver: () => void): Promise<void> {
    return this.#node.post(subject, message).then(deliver);
  }

  /** Publishes an event by one message for each subject. */
  #publish(publication: Publication, stamp: string): Promise<void>[] {
    const bySubject = new Map<string, string[]>();
    for (const channel of publication.channels) {
      const subject = this.#subjectOf(channel);
      const channels = bySubject.get(subject);
      if (channels === undefined) bySubject.set(subject, [channel]);
      else channels.push(channel);
    }
    return Array.from(bySubject, ([subject, channels]) =>
      this.#post(subject, eventMessage(publication, channels, stamp), () =>
        this.#deliver({ ...publication, channels }, stamp),
      ),
    );
  }

  /**
   * Orders the events of all nodes; those of one millisecond by node. A node whose clock is behind, or goes back, orders its
   * events after the ones that it has heard.
   */
  #stamp(): string {
    this.#minTime = Math.max(this.#minTime, Date.now());
    return `${String(this.#minTime).padStart(TIME_DIGITS, '0')}${this.#node.id}`;
  }

  /** All nodes keep the last events of cache channels. */
  #subjectOf(channel: string): string {
    if (isCacheChannel(channel)) return this.#subject('all');
    return this.#subject(String(hashOf(channel) % SUBJECTS));
  }

  #subject(name: string): string {
    return `${this.#key}.${name}`;
  }
}
