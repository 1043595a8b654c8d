import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  channelStringToSign,
  requestStringToSign,
  userStringToSign,
} from '@rollcall/protocol/pusher';

interface Vectors {
  secret: string;
  channels: {
    name: string;
    socketId: string;
    channel: string;
    channelData?: string;
    signature: string;
  }[];
  users: { name: string; socketId: string; userData: string; signature: string }[];
  requests: {
    name: string;
    method: string;
    path: string;
    query: Record<string, string>;
    signature: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../conformance/signatures.json', import.meta.url), 'utf8'),
) as Vectors;

const hmac = (text: string) => createHmac('sha256', vectors.secret).update(text).digest('hex');

describe('strings to sign, by the conformance vectors', () => {
  it.each(vectors.channels)('$name', ({ socketId, channel, channelData, signature }) => {
    expect(hmac(channelStringToSign(socketId, channel, channelData))).toBe(signature);
  });

  it.each(vectors.users)('$name', ({ socketId, userData, signature }) => {
    expect(hmac(userStringToSign(socketId, userData))).toBe(signature);
  });

  it.each(vectors.requests)('$name', ({ method, path, query, signature }) => {
    expect(hmac(requestStringToSign(method, path, Object.entries(query)))).toBe(signature);
  });
});

describe('requestStringToSign', () => {
  it('excludes the signature, and does not depend on the order of parameters', () => {
    const query = [
      ['b', '2'],
      ['auth_signature', 'x'],
      ['A', '1'],
    ] as const;
    expect(requestStringToSign('post', '/apps/1/events', query)).toBe(
      'POST\n/apps/1/events\na=1&b=2',
    );
    expect(requestStringToSign('POST', '/apps/1/events', query.toReversed())).toBe(
      'POST\n/apps/1/events\na=1&b=2',
    );
  });
});
