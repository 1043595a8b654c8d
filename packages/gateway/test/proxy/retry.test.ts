import { describe, expect, it } from 'vitest';
import { refusing, send, start, upstream } from './engine-harness.ts';

describe('an instance that left while another was tried', () => {
  it('is not asked', async () => {
    let asked = 0;
    const leaving = await upstream((_request, response) => {
      asked++;
      response.end();
    });
    const left = [await refusing(), leaving];
    const { port } = await start(
      (_host, target) => ({ type: 'forward', next: () => left.shift(), target, prefix: '' }),
      () => left.splice(0),
    );
    const answer = await send(port);
    expect(answer.status).toBe(502);
    expect(answer.body).toMatch(/ECONNREFUSED/);
    expect(asked).toBe(0);
  });
});
