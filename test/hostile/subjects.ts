import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { ask } from '../support/cluster.ts';
import type { Cluster } from '../support/cluster.ts';
import { elapsed } from '../support/elapsed.ts';
import { freePort } from '../support/free-port.js';
import { PROGRAMS } from '../support/processes.ts';
import type { Environment, Output, RunningProgram } from '../support/processes.ts';

/** A program under test, and what it is asked to show that it goes on. */
export interface Subject {
  readonly program: RunningProgram;
  readonly port: number;
  /** The status that it answers with, and writes a line about. */
  readonly status: () => Promise<number>;
  readonly expected: number;
}

interface StartOptions {
  readonly output?: Output;
  readonly env?: Environment;
  /** A command that starts the one in its arguments. */
  readonly via?: readonly string[];
  readonly args?: readonly string[];
}

export type StartSubject = (cluster: Cluster, options?: StartOptions) => Promise<Subject>;

/** Resolves when it answers as expected. */
export async function answers({ status, expected }: Subject): Promise<void> {
  for (;;) {
    const got = await status().catch(() => 0);
    if (got === expected) return;
    await sleep(50);
  }
}

/** Expects each answer of so many milliseconds. */
export async function answersFor({ status, expected }: Subject, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    expect(await status()).toBe(expected);
    await sleep(20);
  }
}

/** It ends by SIGTERM within the grace that it has. */
export async function endsInTime({ program }: Pick<Subject, 'program'>): Promise<void> {
  program.kill('SIGTERM');
  expect(await elapsed(program.ended)).toBeLessThan(6000);
}

const gatewayWith =
  (...more: readonly string[]): StartSubject =>
  async (cluster, options) => {
    const program = start(
      cluster,
      ['gateway', '--port', '0', '--access-log', 'stdout', ...more],
      options,
    );
    const { port } = await program.listening;
    return {
      program,
      port,
      expected: 404,
      status: () => statusOf(`http://127.0.0.1:${port}/nowhere`),
    };
  };

const broker: StartSubject = async (cluster, options) => {
  const program = start(cluster, ['broker', '--port', '0'], {
    ...options,
    env: { ...options?.env, PUSHER_PORT: '0' },
  });
  const { port } = await program.listening;
  // Refused, and logged.
  return {
    program,
    port,
    expected: 401,
    status: () => statusOf(`http://127.0.0.1:${port}/apps/1/channels`),
  };
};

const up: StartSubject = async (cluster, options) => {
  const [port, brokerPort] = [await freePort(), await freePort()];
  const { PUSHER_HOST: _host, PUSHER_PORT: _port, ...env } = cluster.env;
  const program = cluster.programs.node(
    PROGRAMS.cli,
    ['up', '--port', String(port), '--broker-port', String(brokerPort)],
    { ...env, ROLLCALL_ACCESS_LOG: 'stdout', ROLLCALL_ADMIN_PORT: '0', ...options?.env },
    options?.via,
    options?.output,
  );
  const subject = {
    program,
    port,
    expected: 404,
    status: () => statusOf(`http://127.0.0.1:${port}/x`),
  };
  await answers(subject);
  return subject;
};

const SERVER = `
  require('node:http').createServer((request, response) => response.end('ok'))
    .listen(Number(process.argv[1]), '127.0.0.1');
`;

const run: StartSubject = async (cluster, options) => {
  const port = String(await freePort());
  const args = [
    'run',
    '--prefix',
    '/v9',
    '--address',
    '127.0.0.1',
    '--port',
    port,
    '--log-level',
    'debug',
  ];
  const program = start(cluster, [...args, '--', process.execPath, '-e', SERVER, port], options);
  const subject = {
    program,
    port: Number(port),
    expected: 200,
    status: () => statusOf(`http://127.0.0.1:${port}/`),
  };
  await answers(subject);
  return subject;
};

/** The programs that run until they are stopped. */
export const SUBJECTS: Readonly<Record<string, StartSubject>> = {
  'a gateway': gatewayWith(),
  'a gateway with workers': gatewayWith('--workers', '2'),
  'a broker': broker,
  'rollcall up': up,
  'rollcall run': run,
};

function start(
  cluster: Cluster,
  args: readonly string[],
  { env, via, output, args: more = [] }: StartOptions = {},
): RunningProgram {
  const all = { ...cluster.env, ...env };
  return cluster.programs.node(PROGRAMS.cli, [...args, ...more], all, via, output);
}

async function statusOf(url: string): Promise<number> {
  return (await ask(url)).status;
}
