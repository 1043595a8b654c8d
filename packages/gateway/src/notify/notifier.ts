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
}

/** All targets of one configuration. */
interface Round {
  readonly key: string;
  readonly agreement: Agreement;
  readonly notified: readonly Notified[];
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
  #round: Round | undefined;
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
    const key = JSON.stringify([
      targets.map(({ id, kind, events }) => [id, kind, [...events]]),
      notify.groupMs,
    ]);
    this.#settings = notify;
    if (key === this.#round?.key) return;
    const before = this.#round;
    this.#round = targets.length === 0 ? undefined : this.#begin(key, targets);
    if (before !== undefined) void end(before);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#round !== undefined) await end(this.#round);
    this.#round = undefined;
  }

  #begin(key: string, targets: readonly Target[]): Round {
    const { registry, logger } = this.#options;
    const ending = new AbortController();
    const agreement = openAgreement({
      registry,
      targets,
      logger,
      onSent: (id, sent) =>
        notified.find(({ target }) => target.id === id)?.duty.heard(sent, Date.now()),
    });
    const notified = targets.map((target) => this.#notified(target, agreement, ending.signal));
    return { key, agreement, notified, ending };
  }

  #notified(target: Target, agreement: Agreement, signal: AbortSignal): Notified {
    const { logger, name } = this.#options;
    const { groupMs } = this.#settings;
    const { self, team } = agreement;
    const duty = new Duty({ self, others: () => team.others, target: target.id, groupMs });
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
        if (result === 'sent') agreement.sent(target.id, duty.accepted(message));
      },
      wait: (ms) => delay(ms, undefined, { signal, ref: false }),
      now: Date.now,
      random: Math.random,
      warn: (fields, message) => warn({ target: target.origin, ...fields }, message),
    });
    return { target, duty, delivery };
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
    if (over !== undefined) for (const { duty } of this.#round?.notified ?? []) duty.forget(over);
  }

  #add(item: NewsItem): void {
    for (const { target, duty } of this.#round?.notified ?? [])
      if (target.events.has(item.kind)) duty.add(item);
  }

  #tick(now: number): void {
    if (this.#round === undefined) return;
    if (now - this.#certificatesAt >= CERTIFICATES_MS) {
      this.#certificatesAt = now;
      for (const item of certificateNews(this.#options.certificates.views(), now)) this.#add(item);
    }
    const { agreement, notified } = this.#round;
    for (const { duty, delivery } of notified) {
      const { messages, missed } = duty.due(now);
      for (const message of messages) delivery.push(message);
      if (agreement.team.doubt(missed, now)) agreement.ask();
    }
    agreement.team.tick(now);
  }
}

async function end({ agreement, ending }: Round): Promise<void> {
  ending.abort();
  await agreement.close();
}
