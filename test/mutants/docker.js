/**
 * How `rollcall docker` follows an engine.
 * @type {readonly import('./targets.js').Mutant[]}
 */
export const DOCKER_MUTANTS = [
  {
    rule: 'what was read before an event does not count',
    file: 'container-watch.ts',
    from: 'if (reading.isOutdated) continue;',
    to: '',
  },
  {
    rule: 'a container that has died leaves before the engine is asked',
    file: 'container-watch.ts',
    from: "action === 'die') this.#seen",
    to: "action === 'dies') this.#seen",
  },
  {
    rule: 'a container that is sent the signal to end leaves',
    file: 'container-watch.ts',
    from: "action === 'kill' &&",
    to: "action === 'kills' &&",
  },
  {
    rule: 'a container that goes on running is announced again',
    file: 'container-watch.ts',
    from: 'this.#stopping.delete(id);\n      void this.#read',
    to: 'void this.#read',
  },
  {
    rule: 'lost events are found out',
    file: 'container-watch.ts',
    from: 'new Set([...ids, ...before]).values()',
    to: 'new Set(ids).values()',
  },
  {
    rule: 'an engine that cannot list its containers has not lost them',
    file: 'engine.ts',
    from: "if (!Array.isArray(listed)) throw this.#unexpected('the list of containers', listed);",
    to: 'if (!Array.isArray(listed)) return [];',
  },
  {
    rule: 'an engine that fails at one container harms no other',
    file: 'engine.ts',
    from: "if (answer.status !== 200) return 'unreadable';",
    to: 'if (answer.status !== 200) throw this.#refused(path, answer.status);',
  },
  {
    rule: 'what is no id of a container reaches no path',
    file: 'engine-events.ts',
    from: 'if (!isContainerId(id)) return undefined;',
    to: "if (typeof id !== 'string') return undefined;",
  },
  {
    rule: 'an instance that has not left yet is not announced again',
    file: 'announcer.ts',
    from: 'await this.#leaving.get(id);',
    to: '',
  },
  {
    rule: 'an instance leaves again until the broker has accepted it',
    file: 'announcer.ts',
    from: '      await delay(wait);',
    to: '      return;',
  },
  {
    rule: 'a container that moved is announced anew',
    file: 'announcer.ts',
    from: '&& wanted.announcement.port === port',
    to: '',
  },
];
