import type { Format } from '@rollcall/runtime/settings';
import { parseBusUrl } from '../cluster/bus/bus-url.ts';

const BUS_URL_EXPECTED =
  'a URL such as redis://10.0.0.5:6379, redis+sentinel://10.0.0.5,10.0.0.6/mymaster, redis+cluster://10.0.0.5,10.0.0.6 or nats://10.0.0.5,10.0.0.6';

const BUS_URL: Format = {
  expected: BUS_URL_EXPECTED,
  parse: (text) => (parseBusUrl(text) === undefined ? undefined : text),
  // It may hold a password.
  problem: () => `must be ${BUS_URL_EXPECTED}`,
};

const PREFIX: Format = {
  expected: '1 to 50 letters, digits, `-` and `_`',
  parse: (text) => (/^[\w-]{1,50}$/.test(text) ? text : undefined),
};

/** By what the nodes of a cluster hear each other. */
export const BUS_SETTINGS = {
  bus: {
    type: 'group',
    settings: {
      url: {
        type: 'text',
        format: BUS_URL as typeof BUS_URL,
        required: true,
        flag: '--bus <url>',
        env: 'ROLLCALL_BUS',
        isSecret: true,
        example: 'redis://10.0.0.5:6379',
        doc: 'The Redis or NATS server that carries messages between the nodes.',
      },
      prefix: {
        type: 'text',
        format: PREFIX as typeof PREFIX,
        default: 'rollcall' as string,
        doc: 'What the subjects of the cluster begin with. Clusters that share a server need different ones.',
      },
    },
    doc: 'Joins brokers to a cluster. All nodes have the same server and the same apps.',
  },
} as const;
