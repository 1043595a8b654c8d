/** The rules of a registry over several brokers, each with a change that breaks it. */
export const BROKER_MUTANTS = [
  {
    rule: 'an instance that one broker shows is not gone',
    file: 'table/sightings.ts',
    from: 'return !isSeen && [...connected]',
    to: 'return (isSeen || true) && [...connected]',
  },
  {
    rule: 'a broker that has yet to say whether an instance is there is waited for',
    file: 'table/sightings.ts',
    from: 'every((broker) => sightings.has(broker))',
    to: 'every(() => sightings.size > 0)',
  },
  {
    rule: 'what a lost broker has shown counts no longer',
    file: 'table/sightings.ts',
    from: '.filter(([number]) => number !== broker)',
    to: '.filter(() => true)',
  },
  {
    rule: 'the loss of the only broker that had an instance says nothing about it',
    file: 'table/sightings.ts',
    from: "[...sightings.values()].includes('left')",
    to: 'sightings.size >= 0',
  },
  {
    rule: 'an instance that has left one broker is gone when the last that showed it is lost',
    file: 'table/sightings.ts',
    from: 'return hasLeft(entry) && isGoneEverywhere(entry, connected);',
    to: 'return hasLeft(entry) && isGoneEverywhere(entry, connected) && false;',
  },
  {
    rule: 'a broker that refuses to show an instance is not waited for',
    file: 'table/sightings.ts',
    from: "set(entry, broker, 'absent');",
    to: 'entry.sightings.has(broker);',
  },
  {
    rule: 'a broker that refuses to show an instance gives no reason to doubt it',
    file: 'table/sightings.ts',
    from: 'return isGoneEverywhere(entry, connected) && hasLeft(entry);',
    to: 'return isGoneEverywhere(entry, connected);',
  },
  {
    rule: 'a roll call of its own that comes by another broker is not answered',
    file: 'observer/conversation.ts',
    from: 'if (this.#context.own.has(event.nonce)) return NO_REACTION;',
    to: 'if (event.nonce === this.#asked) return NO_REACTION;',
  },
  {
    rule: 'the own link is down only when the last broker is lost',
    file: 'table/own-link.ts',
    from: 'const isUp = this.#brokers.size > 0;',
    to: 'const isUp = isConnected;',
  },
  {
    rule: 'an instance is looked for at each broker',
    file: 'table/rivals.ts',
    from: '!sightings.has(broker)',
    to: 'sightings.size === 0 && broker >= 0',
  },
  {
    rule: 'what several brokers deliver is reported once',
    file: 'observer/repeats.ts',
    from: 'if (times <= said.times) return false;',
    to: '',
  },
  {
    rule: 'what is delivered again later is reported again',
    file: 'observer/repeats.ts',
    from: 'const times = (said.timesBy.get(broker) ?? 0) + 1;',
    to: 'const times = 1;',
  },
  {
    rule: 'that one broker does not show an instance which another one shows is no evidence',
    file: 'observer/observer.ts',
    from: "if (event.type === 'departed') return !this.table.isPresent(event.id);",
    to: '',
  },
  {
    rule: 'that one of several brokers is lost is no news of the own link',
    file: 'observer/observer.ts',
    from: "return event.type !== 'link' || this.table.isConnected !== wasConnected;",
    to: 'return true || wasConnected;',
  },
];
