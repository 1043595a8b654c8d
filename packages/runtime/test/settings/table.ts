import { parsePrefix } from '@rollcall/protocol';
import type { Format } from '@rollcall/runtime/settings';
import { perRoute } from '@rollcall/runtime/settings';

const PREFIX: Format = {
  expected: 'a path prefix such as /v1',
  parse(text) {
    const parsed = parsePrefix(text);
    return parsed.ok ? parsed.value : undefined;
  },
};

const NAME: Format = {
  expected: 'a name in lower case',
  parse: (text) => (/^(?!host$)[a-z]+$/.test(text) ? text : undefined),
  problem: (text) => (text === 'host' ? 'cannot be changed' : 'is not a name'),
};

const LIMITS = {
  type: 'group',
  reloads: true,
  doc: 'Limits.',
  settings: {
    headBytes: {
      type: 'integer',
      min: 1024,
      max: Number.MAX_SAFE_INTEGER,
      unit: 'bytes',
      default: Infinity,
      doc: 'Size of a head.',
    },
    answerMs: {
      type: 'milliseconds',
      default: 5000,
      perRoute: true,
      flag: '--answer <seconds>',
      flagUnit: 'seconds',
      doc: 'Time to answer.',
    },
  },
} as const;

/** A table with a setting of each kind. */
export const TABLE = {
  host: { type: 'text', default: '127.0.0.1', flag: '--host <address>', doc: 'Address.' },
  port: { type: 'port', default: 1500, flag: '--port <port>', env: 'PORT', doc: 'Port.' },
  workers: { type: 'integer', min: 1, max: 256, words: ['auto'], default: 1, doc: 'Processes.' },
  policy: { type: 'choice', words: ['first', 'last'], default: 'first', doc: 'Who.' },
  sample: { type: 'share', env: 'SAMPLE', doc: 'Share.' },
  strip: { type: 'boolean', default: true, perRoute: true, reloads: true, doc: 'Whether.' },
  traces: { type: 'boolean', env: 'COLLECTOR', isTrueIfSet: true, doc: 'Traces.' },
  token: { type: 'text', env: 'TOKEN', isSecret: true, onlyByVariable: true, doc: 'Token.' },
  snapshot: { type: 'file', words: ['none'], flag: '--snapshot <file>', doc: 'File.' },
  allow: { type: 'list', default: [], flag: '--allow <words>', doc: 'Words.' },
  tls: {
    type: 'group',
    doc: 'TLS.',
    settings: {
      cert: { type: 'file', required: true, flag: '--cert <file>', doc: 'Certificate.' },
      key: { type: 'file', required: true, flag: '--key <file>', doc: 'Key.' },
    },
  },
  limits: LIMITS,
  names: { type: 'texts', keys: NAME, values: NAME, default: {}, doc: 'Names by name.' },
  apps: {
    type: 'groups',
    minItems: 1,
    doc: 'Apps.',
    settings: {
      id: { type: 'text', required: true, doc: 'Id.' },
      secret: { type: 'text', isSecret: true, doc: 'Secret.' },
      events: { type: 'list', words: ['a', 'b'], doc: 'Events.' },
    },
  },
  routes: {
    type: 'map',
    keys: PREFIX,
    reloads: true,
    settings: perRoute({ limits: LIMITS }),
    doc: 'Routes.',
  },
} as const;
