/**
 * How gateways agree on who notifies, and how often it is tried.
 * @type {readonly import('./targets.js').Mutant[]}
 */
export const NOTIFY_MUTANTS = [
  {
    rule: 'what another gateway has sent is not sent again',
    file: 'duty.ts',
    from: 'sent === undefined || sent < at',
    to: 'sent === undefined || sent >= at',
  },
  {
    rule: 'what another gateway has sent is known when it is seen late',
    file: 'duty.ts',
    from: 'keep(this.#states, subject, { state, at }, MAX_SUBJECTS);',
    to: '',
  },
  {
    rule: 'a gateway waits for its turn',
    file: 'duty.ts',
    from: ' + turn * TURN_MS',
    to: '',
  },
  {
    rule: 'what is sent in addition has an id of its own',
    file: 'duty.ts',
    from: "${isShared ? ` ${self}` : ''}",
    to: '',
  },
  {
    rule: 'an event that came after a message is not in it',
    file: 'duty.ts',
    from: 'sent === undefined || sent < at',
    to: 'sent === undefined',
  },
  {
    rule: 'a suspicion waits, because it may soon be over',
    file: 'duty.ts',
    from: '(isPassing(item) ? groupMs : 0)',
    to: '0',
  },
  {
    rule: 'a recovery is news only after a failure that was',
    file: 'duty.ts',
    from: "if (item.after !== undefined && !item.after.includes(known?.state ?? '')) return;",
    to: '',
  },
  {
    rule: 'a gateway that answers is not forgotten',
    file: 'team.ts',
    from: 'this.#gateways.set(name, undefined);',
    to: 'if (!this.#gateways.has(name)) this.#gateways.set(name, undefined);',
  },
  {
    rule: 'an instance that never was healthy here is no news',
    file: 'news.ts',
    from: 'this.#healthy.has(instance.key) && !isDraining(instance)',
    to: '!isDraining(instance)',
  },
  {
    rule: 'an instance that leaves is no news',
    file: 'news.ts',
    from: 'this.#healthy.has(instance.key) && !isDraining(instance)',
    to: 'this.#healthy.has(instance.key)',
  },
  {
    rule: 'a redirect is not followed, and not tried again',
    file: 'delivery.ts',
    from: 'return status < 500 &&',
    to: 'return status >= 400 && status < 500 &&',
  },
  {
    rule: 'a receiver that asks for time gets it',
    file: 'delivery.ts',
    from: 'Math.max(backoff, asked ?? 0)',
    to: 'backoff',
  },
  {
    rule: 'a name that a service chose is no markup',
    file: 'slack-text.ts',
    from: ".replaceAll('<', '&lt;')",
    to: '',
  },
];
