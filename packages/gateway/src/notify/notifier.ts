import { setTimeout as delay } from 'node:timers/promises';
import { watchEvents } from '@rollcall/client';
import type { Directory, RegistryConfig } from '@rollcall/client';
import type { ObserverEvent } from '@rollcall/protocol';
import { limitLines, post } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { Certificates } from '../certificates/certificates.ts';
import { LabelCounter } from '../metrics/label-counter.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { ResolvedConfig } from '../settings/config.ts';
import type { InstanceStates } from '../traffic/instance-states.ts';
import { openAgreement } from './agreement.ts';
import type { Agreement } from './agreement.ts';
import { certificateNews } from './certificate-news.ts';
import { Delivery } from './delivery.ts';
import { Duty } from './duty.ts';
import type { Sent } from './duty.ts';
import { News } from './news.ts';
import type { NewsItem } from './news.ts';
import { requestOf } from './requests.ts';
import { targetsOf } from './targets.ts';
import type { NotifySettings, Target } from './targets.ts';

export interface NotifierOptions {
  readonly config: Pick<ResolvedConfig, 'notify'>;
  /** The name of the gateway. */
  readonly name: string;
  readonly registry: RegistryConfig;
  readonly directory: Directory;
  readonly states: Pick<InstanceStates, 'listen' | 'read'>;
  readonly rollouts: Pick<Rollouts, 'listen'>;
  readonly certificates: Pick<Certificates, 'views'>;
  readonly logger: Logger;
}

/** One target, and what it is notified of. */
interface Notified {
  readonly target: Target;
  readonly duty: Duty;
  readonly delivery: Delivery;
  readonly ending: AbortController;
}

const TICK_MS = 250;
const CERTIFICATES_MS = 3_600_000;

/** Notifies the targets of a configuration of what operators should know, together with other gateways. */
export class Notifier {
  /** What has become of messages. */
  readonly counts: LabelCounter = new LabelCounter();
  readonly #options: NotifierOptions;
  readonly #news = new News();
  readonly #timer: NodeJS.Timeout;
  #settings: NotifySettings;
  /** By id and kind. A target that another configuration has too is notified of what waits. */
  #notified: ReadonlyMap<string, Notified> = new Map();
  /** Undefined without targets. */
  #agreement: Agreement | undefined;
  #certificatesAt = -Infinity;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#settings = options.config.notify;
    this.configure(options.config);
    const { directory, states, rollouts } = options;
    for (const instance of directory.instances())
      this.#take({ type: 'registered', instance, why: '' });
    const take = (event: ObserverEvent): void => this.#take(event);
    watchEvents(directory, take);
    states.listen(take);
    rollouts.listen(take);
    this.#timer = setInterval(() => this.#tick(Date.now()), TICK_MS).unref();
  }

  /**
   * Notifies by other settings from now on.
   * @throws RollcallError ROLLCALL_CONFIG
   */
  configure({ notify }: Pick<ResolvedConfig, 'notify'>): void {
    const targets = targetsOf(notify);
    this.#settings = notify;
    this.#agree(targets);
    const before = this.#notified;
    this.#notified = new Map(
      targets.map((target) => {
        const key = `${target.kind} ${target.id}`;
        return [key, { ...(before.get(key) ?? this.#begin(target)), target }];
      }),
    );
    for (const [key, { ending }] of before) if (!this.#notified.has(key)) ending.abort();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const { ending } of this.#notified.values()) ending.abort();
    await this.#agreement?.close();
  }

  /** Agrees with the gateways that have these targets. */
  #agree(targets: readonly Target[]): void {
    const { registry, logger } = this.#options;
    const before = Array.from(this.#notified.values(), ({ target }) => target);
    if (idsOf(targets) === idsOf(before)) return;
    void this.#agreement?.close();
    const onSent = (id: string, sent: Sent): void => {
      for (const { target, duty } of this.#notified.values())
        if (target.id === id) duty.heard(sent, Date.now());
    };
    this.#agreement =
      targets.length === 0 ? undefined : openAgreement({ registry, targets, logger, onSent });
  }

  #begin(target: Target): Omit<Notified, 'target'> {
    const { logger, name } = this.#options;
    const ending = new AbortController();
    const { signal } = ending;
    const duty = new Duty({
      self: () => this.#agreement?.self ?? '',
      others: () => this.#agreement?.team.others ?? [],
      target: target.id,
      groupMs: () => this.#settings.groupMs,
    });
    const warn = limitLines(logger.warn.bind(logger));
    const delivery = new Delivery({
      send: (message) => {
        const { link } = this.#settings;
        const context = { gateway: name, link, shareOf: (prefix: string) => this.#shareOf(prefix) };
        return post({ ...requestOf(target, message, context), signal });
      },
      remaining: (items) => duty.remaining(items),
      onResult: (result, message) => {
        this.counts.add({ kind: target.kind, result });
        if (result === 'sent') this.#agreement?.sent(target.id, duty.accepted(message));
      },
      wait: (ms) => delay(ms, undefined, { signal, ref: false }),
      now: Date.now,
      random: Math.random,
      warn: (fields, message) => warn({ target: target.origin, ...fields }, message),
    });
    return { duty, delivery, ending };
  }

  #shareOf(prefix: string): { receiving: number; instances: number } {
    const { directory, states } = this.#options;
    const read = states.read();
    const instances = directory.instances(prefix);
    const receiving = instances.filter((each) => read(each).isRoutable).length;
    return { receiving, instances: instances.length };
  }

  #take(event: ObserverEvent): void {
    const { item, over } = this.#news.of(event, Date.now());
    if (item !== undefined) this.#add(item);
    if (over !== undefined) for (const { duty } of this.#notified.values()) duty.forget(over);
  }

  #add(item: NewsItem): void {
    for (const { target, duty } of this.#notified.values())
      if (target.events.has(item.kind)) duty.add(item);
  }

  #tick(now: number): void {
    const agreement = this.#agreement;
    if (agreement === undefined) return;
    if (now - this.#certificatesAt >= CERTIFICATES_MS) {
      this.#certificatesAt = now;
      for (const item of certificateNews(this.#options.certificates.views(), now)) this.#add(item);
    }
    for (const { duty, delivery } of this.#notified.values()) {
      const { messages, missed } = duty.due(now);
      for (const message of messages) delivery.push(message);
      if (agreement.team.doubt(missed, now)) agreement.ask();
    }
    agreement.team.tick(now);
  }
}

function idsOf(targets: readonly Target[]): string {
  const ids = targets.map(({ id }) => id);
  return ids.toSorted().join(' ');
}
