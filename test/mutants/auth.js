/**
 * The rules of an auth server.
 * @type {readonly import('./targets.js').Mutant[]}
 */
export const AUTH_MUTANTS = [
  {
    rule: 'a request is proved by the signature of its key',
    file: 'auth-rules.ts',
    from: 'if (!isSignedBy(key, authRequestText(path, time, body), signature))',
    to: 'if (false)',
  },
  {
    rule: 'a request is not accepted later',
    file: 'auth-rules.ts',
    from: 'if (Math.abs(now - time) <= AUTH_WINDOW_S) return;',
    to: 'return;',
  },
  {
    rule: 'only a key that owns a prefix asks for anything',
    file: 'auth-rules.ts',
    from: 'if (!this.#ownership.isOwner(key))',
    to: 'if (false)',
  },
  {
    rule: 'an announcement is judged by the owners of its prefix',
    file: 'auth-rules.ts',
    from: 'if (refusal !== undefined) throw',
    to: 'if (false) throw',
  },
  {
    rule: 'no prefix without owners is announced',
    file: 'auth-rules.ts',
    from: "unowned: 'refuse',",
    to: "unowned: 'allow',",
  },
  {
    rule: 'a key speaks for its own instances only',
    file: 'auth-rules.ts',
    from: 'if (keyIdIn(id) !== keyIdOf(key))',
    to: 'if (false)',
  },
  {
    rule: 'an exit is signed as an exit',
    file: 'auth-rules.ts',
    from: "announcement, event === 'exit')",
    to: 'announcement, false)',
  },
  {
    rule: 'an instance joins its own channel only',
    file: 'auth-rules.ts',
    from: 'if (channelName !== this.#channels.presencePrefix + announcement.id)',
    to: 'if (false)',
  },
  {
    rule: 'a connection is named by an id, and nothing else is signed',
    file: 'auth-rules.ts',
    from: "if (typeof socketId !== 'string' || !SOCKET_ID.test(socketId))",
    to: "if (typeof socketId !== 'string')",
  },
  {
    rule: 'services publish announcements and exits only',
    file: 'auth-rules.ts',
    from: "if (event !== 'register' && event !== 'exit')",
    to: "if (typeof event !== 'string')",
  },
];
