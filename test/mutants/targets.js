import { ATTACK_MUTANTS } from './attacks.js';
import { AUTH_MUTANTS } from './auth.js';
import { APP_MUTANTS } from './cluster/app.js';
import { BROADCAST_MUTANTS } from './cluster/broadcast.js';
import { NODE_MUTANTS } from './cluster/node.js';
import { PARTS_MUTANTS } from './cluster/parts.js';
import { DOCKER_MUTANTS } from './docker.js';
import { IDENTITY_FIELD_MUTANTS, IDENTITY_PROOF_MUTANTS } from './identity.js';
import { NOTIFY_MUTANTS } from './notify.js';
import { PROTOCOL_MUTANTS } from './protocol.js';

/**
 * What is broken, with the tests that have to notice it.
 * @typedef {object} Target
 * @property {string} name
 * @property {string} source - the folder of the files of its mutants
 * @property {readonly string[]} parts - files and folders that are copied: what is broken, and what the tests need besides packages
 * @property {string} [build] - a script that has to run before the tests, because they start programs
 * @property {readonly string[]} tests - what their paths begin with
 * @property {Readonly<Record<string, string>>} env - of the tests
 * @property {number} timeoutMs - a mutant may loop for ever, or wait for what never comes
 * @property {readonly Mutant[]} mutants
 */

/**
 * A rule, and a change to a file that breaks it.
 * @typedef {object} Mutant
 * @property {string} rule
 * @property {string} file
 * @property {string} from
 * @property {string} to
 * @property {readonly string[]} [tests] - the ones that have to notice it, if others of the target need not run
 */

/** @type {readonly Target[]} */
export const TARGETS = [
  {
    name: 'protocol',
    source: 'packages/protocol/src',
    parts: ['packages/protocol', 'conformance', 'test/simulation', 'test/support'],
    tests: ['packages/protocol', 'test/simulation'],
    // Some rules are broken by few seeds only.
    env: { SEEDS: '500' },
    timeoutMs: 300_000,
    mutants: [...PROTOCOL_MUTANTS, ...IDENTITY_FIELD_MUTANTS],
  },
  {
    name: 'runtime',
    source: 'packages/runtime/src',
    parts: ['packages/runtime', 'test/support'],
    tests: ['packages/runtime/test/instance-identity'],
    env: {},
    timeoutMs: 60_000,
    mutants: IDENTITY_PROOF_MUTANTS,
  },
  {
    name: 'broker',
    source: 'packages/broker/src/cluster',
    parts: ['packages/broker', 'test/support'],
    // Those without an engine. The engines have their own suite.
    tests: [
      'cluster/broadcast',
      'cluster/presence',
      'cluster/simulation',
      'cluster/cached-events',
      'cluster/changing-apps',
      'cluster/cluster-app',
      'cluster/cluster-node',
      'cluster/hostile-messages',
      'cluster/listened-subjects',
      'cluster/node-reports',
      'cluster/outbox',
      'cluster/readiness',
      'cluster/responsible',
      'cluster/shared-webhooks',
    ].map((name) => `packages/broker/test/${name}`),
    // Rules that fewer seeds do not need have a test of their own.
    env: { SEEDS: '100' },
    timeoutMs: 90_000,
    mutants: [...BROADCAST_MUTANTS, ...PARTS_MUTANTS, ...NODE_MUTANTS, ...APP_MUTANTS],
  },
  {
    name: 'attacks',
    source: 'packages',
    parts: ['packages', 'services/id-v5', 'test/attacks', 'test/support'],
    build: 'packages/cli/bundle.js',
    tests: ['test/attacks'],
    env: {},
    timeoutMs: 120_000,
    mutants: ATTACK_MUTANTS,
  },
  {
    name: 'gateway',
    source: 'packages/gateway/src/auth',
    parts: ['packages/gateway', 'test/support'],
    tests: ['packages/gateway/test/auth/auth-rules'],
    env: {},
    timeoutMs: 60_000,
    mutants: AUTH_MUTANTS,
  },
  {
    name: 'docker',
    source: 'packages/cli/src/docker',
    parts: ['packages/cli', 'test/support'],
    tests: ['packages/cli/test/docker'],
    env: {},
    timeoutMs: 60_000,
    mutants: DOCKER_MUTANTS,
  },
  {
    name: 'notify',
    source: 'packages/gateway/src/notify',
    parts: ['packages/gateway', 'test/support'],
    tests: ['packages/gateway/test/notify'],
    env: {},
    timeoutMs: 60_000,
    mutants: NOTIFY_MUTANTS,
  },
];
