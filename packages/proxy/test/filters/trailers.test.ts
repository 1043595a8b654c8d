import { expect, it } from 'vitest';
import type { Filter } from '../../src/filters/filter.ts';
import type { Decide } from '../../src/proxy.ts';
import { forwardBy } from '../decisions.ts';
import { client, start, upstream } from '../harness.ts';

it('a filter decides about a field in the trailers too', async () => {
  const trailed = await upstream(async (request, response) => {
    for await (const _ of request);
    response.end(JSON.stringify(request.trailers));
  });
  const filter: Filter = {
    name: 'a',
    onRequest({ fields }) {
      fields.set('X-User', 'ann');
      fields.delete('X-Secret');
    },
  };
  const decide: Decide = ({ target }) => ({
    ...forwardBy(() => trailed, target),
    passesTrailers: true,
    filters: [filter],
  });
  const { port } = await start(decide);
  const { write, heard } = client(port);
  write('POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  write('1\r\na\r\n0\r\nx-user: eve\r\nX-Secret: 1\r\nX-Other: 2\r\n\r\n');
  expect(await heard(/\}/)).toContain('{"x-other":"2"}');
});
