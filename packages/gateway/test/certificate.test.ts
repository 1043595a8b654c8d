import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGateway } from '@rollcall/gateway';
import { TestRegistry } from '../../../test/support/registry.ts';
import { FILES } from '../../../test/support/certificates.ts';
import { loggerTo } from '../../../test/support/log.ts';

let registry: TestRegistry;
let folder: string;
beforeEach(async () => {
  registry = await TestRegistry.start();
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
});
afterEach(async () => {
  await registry.end();
  rmSync(folder, { recursive: true });
});

/** Whose certificate is shown to who connects now. */
async function shown(port: number): Promise<unknown> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

it('a gateway reloads a renewed certificate while it runs', async () => {
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const put = (files: typeof tls): void => {
    copyFileSync(files.cert, tls.cert);
    copyFileSync(files.key, tls.key);
  };
  put(FILES.one);
  const lines: string[] = [];
  const { connection } = registry;
  const gateway = await createGateway({
    registry: connection,
    port: 0,
    tls,
    logger: loggerTo(lines),
  });
  registry.onEnd(() => gateway.close());
  expect(gateway.url).toMatch(/^https:/);
  expect(await shown(gateway.port)).toBe('one');

  writeFileSync(tls.cert, 'damaged');
  await expect
    .poll(() => lines)
    .toContainEqual(expect.stringMatching(/^cannot reload certificate: keeping the previous one/));
  expect(await shown(gateway.port)).toBe('one');
  put(FILES.two);
  await expect.poll(() => shown(gateway.port)).toBe('two');
});
