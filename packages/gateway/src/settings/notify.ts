import type { Format } from '@rollcall/runtime/settings';
import { NEWS_KINDS } from '../notify/news.ts';

const EXPECTED = 'an http: or https: URL without a fragment';

/** It is a secret: most receivers accept messages from any program that knows it. */
export const TARGET_URL: Format = {
  expected: EXPECTED,
  parse: (text) => (isHttpUrl(text) && isDecodable(text) ? new URL(text).href : undefined),
  problem: (text) =>
    isHttpUrl(text) ? 'must have `%25` for each `%` of its password' : `must be ${EXPECTED}`,
};

const LINK_URL: Format = {
  expected: 'the http: or https: URL of a dashboard, such as https://gateway.internal:1501',
  parse: (text) => (isHttpUrl(text) ? new URL(text).href.replace(/\/$/, '') : undefined),
};

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hash, hostname } = new URL(text);
  return /^https?:$/.test(protocol) && hash === '' && hostname !== '';
}

/** Whether the user and the password of a URL can be sent: each `%` in them begins an escape. */
function isDecodable(url: string): boolean {
  const { username, password } = new URL(url);
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

const TARGET = {
  kind: {
    type: 'choice',
    words: ['webhook', 'slack'],
    default: 'webhook',
    doc: 'What is sent: JSON for programs, or a message for Slack, Mattermost and others that take the same.',
  },
  url: {
    type: 'text',
    format: TARGET_URL as typeof TARGET_URL,
    isSecret: true,
    example: 'https://hooks.example.com/T0/B0/x',
    doc: 'Where messages are sent. Never logged, except its host.',
  },
  urlFile: {
    type: 'file',
    example: 'slack-url',
    doc: 'File that holds the URL.',
  },
  events: {
    type: 'list',
    words: NEWS_KINDS as typeof NEWS_KINDS,
    defaultIs: 'all',
    doc: 'The kinds of events that are sent.',
  },
  secret: {
    type: 'text',
    isSecret: true,
    doc: 'The secret by which messages are signed, in `X-Rollcall-Signature`.',
  },
  secretFile: {
    type: 'file',
    example: 'notify-secret',
    doc: 'File that holds the secret.',
  },
} as const;

/** Who is notified of what. */
export const NOTIFY_SETTINGS = {
  notify: {
    type: 'group',
    reloads: true,
    settings: {
      targets: {
        type: 'groups',
        settings: TARGET as typeof TARGET,
        doc: 'Where messages are sent.',
      },
      link: {
        type: 'text',
        format: LINK_URL as typeof LINK_URL,
        example: 'https://gateway.internal:1501',
        doc: 'URL of the dashboard, to which messages link.',
      },
      groupMs: {
        type: 'milliseconds',
        min: 100,
        max: 600_000,
        default: 10_000,
        doc: 'Events of this time go in one message.',
      },
    },
    doc: 'Messages about what operators should know: [notifications](../guides/notifications.md).',
  },
} as const;
