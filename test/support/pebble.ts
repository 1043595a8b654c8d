import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { vi } from 'vitest';
import { httpRequest, httpTarget } from '@rollcall/runtime';
import { buildPebble, PEBBLE_FOLDER } from '../../examples/edge/pebble.js';
import { FILES } from './certificates.ts';
import { freePort } from './free-port.js';
import { Programs } from './processes.ts';
import type { Environment, RunningProgram } from './processes.ts';

export { buildPebble };

export interface PebbleOptions {
  /** Seconds that its certificates are valid. */
  readonly validitySeconds?: number;
  /** Keys of external account bindings, by their ids. With them, accounts need one. */
  readonly eab?: Readonly<Record<string, string>>;
  /** Its faults, such as PEBBLE_WFE_NONCEREJECT. */
  readonly faults?: Environment;
}

/** An ACME server for which every name is at this machine. */
export class Pebble {
  readonly directory: string;
  /** Where it looks for answers to challenges. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** The CA of its own HTTPS. */
  readonly ca: string = FILES.one.cert;
  readonly program: RunningProgram;
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #management: string;
  readonly #dns: string;

  private constructor(ports: readonly number[], folder: string, options: PebbleOptions) {
    const [
      port = 0,
      managementPort = 0,
      httpPort = 0,
      tlsPort = 0,
      dnsPort = 0,
      dnsManagement = 0,
    ] = ports;
    const { validitySeconds = 7_776_000, eab, faults = {} } = options;
    this.httpPort = httpPort;
    this.tlsPort = tlsPort;
    this.directory = `https://localhost:${port}/dir`;
    this.#management = `https://localhost:${managementPort}`;
    this.#dns = `http://127.0.0.1:${dnsManagement}`;
    this.#folder = folder;
    const config = join(folder, 'pebble.json');
    const pebble = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: FILES.one.cert,
      privateKey: FILES.one.key,
      httpPort,
      tlsPort,
      externalAccountBindingRequired: eab !== undefined,
      externalAccountMACKeys: eab ?? {},
      retryAfter: { authz: 1, order: 1 },
      keyAlgorithm: 'ecdsa',
      profiles: { default: { description: 'default', validityPeriod: validitySeconds } },
    };
    writeFileSync(config, JSON.stringify({ pebble }));
    this.#programs = new Programs();
    const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-defaultIPv6', ''];
    const dns = ['-dnsserver', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${dnsManagement}`];
    this.#programs.file(join(PEBBLE_FOLDER, 'pebble-challtestsrv'), [...off, ...dns], {});
    const args = ['-config', config, '-dnsserver', `127.0.0.1:${dnsPort}`];
    this.program = this.#programs.file(join(PEBBLE_FOLDER, 'pebble'), args, faults);
  }

  static async start(options: PebbleOptions = {}): Promise<Pebble> {
    const ports = await Promise.all(Array.from({ length: 6 }, () => freePort()));
    const pebble = new Pebble(ports, mkdtempSync(join(tmpdir(), 'rollcall-pebble-')), options);
    await pebble.program.line(/ACME directory available at/);
    return pebble;
  }

  /** The root of the certificates that it issues. */
  async root(): Promise<string> {
    const response = await httpRequest({
      ...httpTarget(`${this.#management}/roots/0`),
      tls: { secureContext: createSecureContext(), rejectUnauthorized: false },
      readsBody: true,
      timeoutMs: 5000,
    });
    if ('code' in response) throw new Error(response.code);
    return response.body;
  }

  /** Has a name lead to this address. */
  async resolve(name: string, address: string): Promise<void> {
    const body = JSON.stringify({ host: `${name}.`, addresses: [address] });
    const target = httpTarget(`${this.#dns}/add-a`);
    // It may still be starting.
    await vi.waitUntil(
      async () => {
        const answer = await httpRequest({ ...target, method: 'POST', body, timeoutMs: 5000 });
        return 'status' in answer && answer.status === 200;
      },
      { timeout: 30_000 },
    );
  }

  /** How many certificates it has issued. */
  get issued(): number {
    return this.program.lines.filter((line) => line.includes('Issued certificate serial')).length;
  }

  async end(): Promise<void> {
    await this.#programs.endAll();
    rmSync(this.#folder, { recursive: true });
  }
}
