import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { TableCatalog } from '../../../src/catalog/table-catalog.ts';
import { createXdsServer } from '../../../src/catalog/xds/server.ts';
import { LiveTable } from '../live-table.ts';

const catalog = new TableCatalog(new LiveTable(), () => 1000);
const options = { catalog, host: '127.0.0.1', log: () => {} };

it('says which port is taken, and how to choose another', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(createXdsServer({ ...options, port })).rejects.toMatchObject({
    code: 'ROLLCALL_PORT_TAKEN',
    message: expect.stringContaining('--xds-port') as string,
  });
  taken.close();
});

it('waits for nobody when it closes', async () => {
  const server = await createXdsServer({ ...options, port: 0 });
  const silent = connect(server.port, '127.0.0.1').resume();
  const session = connectHttp2(`http://127.0.0.1:${server.port}`).on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  await once(silent, 'data');
  await once(session, 'remoteSettings');
  const closed = [silent, session].map(
    (each) => new Promise((resolve) => each.once('close', resolve)),
  );
  server.close();
  await Promise.all(closed);
});
