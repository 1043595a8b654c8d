import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BodyReader } from '../../src/api/body-reader.ts';

function requests(reader: BodyReader, count: number) {
  return Array.from({ length: count }, () => {
    const body = new PassThrough();
    const read = reader.read(body as unknown as IncomingMessage).then(String, String);
    return { body, read };
  });
}

const TOO_MANY = 'UnavailableError: too many bodies arrive at the same time; try again';

it('refuses a body when all bodies that arrive at the same time are too large together', async () => {
  const arriving = requests(new BodyReader(100, 250), 4);
  for (const { body } of arriving) {
    body.write('x'.repeat(80));
    await turn();
  }
  for (const { body } of arriving) body.end('y');
  const texts = await Promise.all(arriving.map(({ read }) => read));
  const whole = `${'x'.repeat(80)}y`;
  expect(texts).toEqual([whole, whole, whole, TOO_MANY]);
});

it('does not count bodies that have arrived, were refused or cut short', async () => {
  const reader = new BodyReader(100, 100);
  for (const finish of [
    (body: PassThrough) => body.end(),
    (body: PassThrough) => body.end('x'.repeat(90)),
    (body: PassThrough) => body.destroy(new Error('reset')),
  ]) {
    const [arriving] = requests(reader, 1);
    arriving?.body.write('x'.repeat(90));
    await turn();
    if (arriving !== undefined) finish(arriving.body);
    await arriving?.read;
  }
  const [last] = requests(reader, 1);
  last?.body.end('x'.repeat(100));
  expect(await last?.read).toBe('x'.repeat(100));
});
