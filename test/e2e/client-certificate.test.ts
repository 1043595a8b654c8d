import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FilteredGateways } from '../support/filtered-gateway.ts';

const curl = promisify(execFile);

let gateways: FilteredGateways;
beforeEach(async () => {
  gateways = await FilteredGateways.start();
});
afterEach(() => gateways.end());

/** A key and a certificate that signs itself, in the folder of the gateway. */
function certificate(name: string): { cert: string; key: string } {
  const [cert, key] = [join(gateways.folder, `${name}.pem`), join(gateways.folder, `${name}.key`)];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = [...request, '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { cert, key };
}

it.each([1, 2])('clients call a gateway with %d workers by their certificate', async (workers) => {
  const [server, acme, eve] = [certificate('localhost'), certificate('acme'), certificate('eve')];
  const { url } = await gateways.gateway({
    workers,
    tls: { ...server, clientCa: acme.cert },
    consumers: { acme: { certificates: ['CN=acme'] } },
    routes: { '/v1': { clientCertificate: { enabled: true, consumers: ['acme'] } } },
  });
  const ask = async (client?: { cert: string; key: string }) => {
    const shown = client === undefined ? [] : ['--cert', client.cert, '--key', client.key];
    const forged = ['-H', 'X-Consumer: root'];
    const args = ['-sk', '-w', '\n%{http_code}', ...shown, ...forged, `${url}/v1/x`];
    const { stdout } = await curl('curl', args);
    const [body = '', status = ''] = stdout.split('\n');
    return { status, consumer: (JSON.parse(body) as Record<string, string>)['x-consumer'] };
  };
  expect(await ask(acme)).toEqual({ status: '200', consumer: 'acme' });
  // A certificate of another CA proves nothing.
  expect(await ask(eve)).toEqual({ status: '403', consumer: undefined });
  expect(await ask()).toEqual({ status: '403', consumer: undefined });
});

it('is refused without a CA of clients, by the path of its key', async () => {
  expect(
    await gateways.refusal({ routes: { '/v1': { clientCertificate: { enabled: true } } } }),
  ).toMatch(/`routes\.\/v1\.clientCertificate\.enabled` needs `tls\.clientCa`/);
});
