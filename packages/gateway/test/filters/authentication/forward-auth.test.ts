import { expect, it } from 'vitest';
import { FieldSet } from '@rollcall/proxy';
import { FORWARD_AUTH } from '../../../src/filters/authentication/forward-auth.ts';
import type { SendRequest } from '../../../src/filters/authentication/service-request.ts';
import { filterContext, filterOf, filterRequest } from '../filter-request.ts';

it('the service receives headers of any name, such as those of members that every object has', async () => {
  const sent: Parameters<SendRequest>[0][] = [];
  const context = filterContext({
    async send(request) {
      sent.push(request);
      return { status: 200, fields: [], body: Buffer.alloc(0) };
    },
  });
  const filter = filterOf(FORWARD_AUTH, { url: 'http://auth.internal/' }, context);
  const fields = new FieldSet('Constructor: 1\r\n__proto__: 2\r\nCookie: a=1\r\nCookie: b=2\r\n');
  expect(await filter.onRequest?.(filterRequest({ fields }))).toBeUndefined();
  expect(Object.entries(sent[0]?.headers ?? {})).toEqual(
    expect.arrayContaining([
      ['constructor', ['1']],
      ['__proto__', ['2']],
      ['cookie', ['a=1', 'b=2']],
    ]),
  );
});

it.each([101, 199, 500, 599, 999])(
  'a service that answers %d does not decide: 503',
  async (status) => {
    const faults: string[] = [];
    const context = filterContext({
      send: async () => ({ status, fields: [], body: Buffer.alloc(0) }),
      onFault: (_filter, reason) => faults.push(reason),
    });
    const filter = filterOf(FORWARD_AUTH, { url: 'http://auth.internal/' }, context);
    expect(await filter.onRequest?.(filterRequest())).toMatchObject({
      problem: { status: 503, code: 'authentication-unavailable' },
    });
    expect(faults).toEqual([`http://auth.internal/ does not decide: the response is ${status}`]);
  },
);
