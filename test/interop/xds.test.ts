import {
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  credentials,
} from '@grpc/grpc-js';
import type { Client, ServiceDefinition } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createXdsServer } from '../../packages/gateway/src/catalog/xds/server.ts';
import type { XdsServer } from '../../packages/gateway/src/catalog/xds/server.ts';
import { catalogOf, LiveTable } from '../../packages/gateway/test/catalog/live-table.ts';
import { blockOf, Scratch } from '../support/document.ts';
import { loggerTo } from '../support/log.ts';

const text = {
  requestStream: false,
  responseStream: false,
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: (value: Buffer) => value.toString(),
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: (value: Buffer) => value.toString(),
};
const SERVICE: ServiceDefinition = { who: { path: '/test.Names/Who', ...text } };

const scratch = new Scratch();
const cleanups: (() => unknown)[] = [];
const lines: string[] = [];
let table: LiveTable;
let xds: XdsServer;
let client: Client;

beforeEach(async () => {
  table = new LiveTable();
  const catalog = catalogOf(table, Date.now);
  xds = await createXdsServer({ catalog, host: '127.0.0.1', port: 0, logger: loggerTo(lines) });
  // The package reads it once, when it is first used.
  const bootstrap = blockOf('docs/reference/integrations.md', 'json', 'xds_servers');
  const file = scratch.file('bootstrap.json', bootstrap.replace(':1571', `:${xds.port}`));
  process.env['GRPC_XDS_BOOTSTRAP'] = file;
  const { register } = await import('@grpc/grpc-js-xds');
  register();
  const Names = makeGenericClientConstructor(SERVICE, 'Names');
  client = new Names('xds:///orders', credentials.createInsecure());
});
afterEach(() => {
  client.close();
  for (const cleanup of cleanups.splice(0)) cleanup();
  xds.close();
  scratch.clear();
});

/** Starts a gRPC instance that answers with its id, and adds it to the table. */
async function startInstance(id: string): Promise<void> {
  const server = new Server();
  server.addService(SERVICE, {
    who: (_call: unknown, answer: (error: null, id: string) => void) => answer(null, id),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  cleanups.push(() => server.forceShutdown());
  table.say(id, { prefix: '/orders', address: '127.0.0.1', port });
}

/** The id of the instance that answers a call. */
function callInstance(): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/test.Names/Who',
      text.requestSerialize,
      text.responseDeserialize,
      '?',
      (error, id) => resolve(error === null ? String(id) : error.details),
    );
  });
}

/** Ids of the instances that answer a few calls, or the details of errors. */
async function answeringInstances(): Promise<string[]> {
  const ids = new Set<string>();
  for (let count = 0; count < 9; count++) ids.add(await callInstance());
  return [...ids].toSorted();
}

describe('@grpc/grpc-js-xds', () => {
  it('balances over the instances, and follows changes of the table', async () => {
    await startInstance('one');
    await startInstance('two');
    await expect.poll(answeringInstances).toEqual(['one', 'two']);
    await startInstance('three');
    await expect.poll(answeringInstances).toEqual(['one', 'three', 'two']);
    table.probed('one', 'refused');
    table.leave('two');
    await expect.poll(answeringInstances).toEqual(['three']);
    table.leave('three');
    await expect.poll(answeringInstances).toEqual([expect.stringMatching(/no|empty|endpoint/i)]);
    await startInstance('four');
    await expect.poll(answeringInstances).toEqual(['four']);
    expect(lines).toEqual([]);
  });
});
