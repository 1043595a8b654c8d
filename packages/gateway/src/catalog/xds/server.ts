import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { quote } from '@rollcall/protocol';
import { listen } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { Catalog } from '../catalog.ts';
import { AdsStream } from './ads-stream.ts';
import type { DiscoveryRequest, DiscoveryResponse } from './ads-stream.ts';
import { PROTO_FOLDER } from '../../proto-folder.ts';
import { limitSideConnections } from '../../side-connections.ts';

export interface XdsServerOptions {
  readonly catalog: Catalog;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
}

export interface XdsServer {
  readonly host: string;
  readonly port: number;
  close(): void;
}

type Call = ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>;

/** Changes come in bursts: those within this time are sent together. */
const GATHER_MS = 10;
const MAX_CONNECTIONS = 1024;
const LIMITS = {
  // A client needs one. Each holds the responses that it does not read.
  'grpc.max_concurrent_streams': 10,
  // Envoy's description of itself is large.
  'grpc.max_receive_message_length': 1_048_576,
  // Detects clients that are gone without closing the connection.
  'grpc.keepalive_time_ms': 30_000,
};
const ADS = 'envoy.service.discovery.v3.AggregatedDiscoveryService';

/**
 * Serves the aggregated discovery service of xDS, with which gRPC clients and Envoy balance by themselves.
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function createXdsServer(options: XdsServerOptions): Promise<XdsServer> {
  const { host, catalog, logger } = options;
  const server = new Server(LIMITS);
  server.addService(adsDefinition(), {
    StreamAggregatedResources: (call: Call) => serveStream(call, catalog, logger),
  });
  // grpc-js reports a failed listen only as text, and prints it. So the socket is ours.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const tcp = createServer((socket) => injector.injectConnection(socket));
  limitSideConnections(tcp, MAX_CONNECTIONS);
  const { port } = await listen(tcp, host, options.port, '--xds-port');
  return {
    host,
    port,
    close() {
      tcp.close();
      server.forceShutdown();
    },
  };
}

function serveStream(call: Call, catalog: Catalog, logger: Logger): void {
  const stream = new AdsStream(catalog, (reason) =>
    logger.warn(
      { client: call.getPeer(), reason: quote(reason) },
      'xDS client rejected a response',
    ),
  );
  const over = new AbortController();
  /** A client that does not read receives nothing and is not read from until it does. */
  function send(responses: readonly DiscoveryResponse[]): void {
    const isRead = responses.map((response) => call.write(response)).every(Boolean);
    if (!isRead) call.pause();
  }
  call.on('drain', () => {
    call.resume();
    send(stream.refresh());
  });
  call.on('data', (request: DiscoveryRequest) => send(stream.receive(request)));
  call.on('end', () => call.end());
  for (const event of ['cancelled', 'error', 'close']) call.on(event, () => over.abort());

  async function follow(): Promise<void> {
    while (!over.signal.aborted) {
      await catalog.changed(over.signal);
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      if (!over.signal.aborted && !call.isPaused()) send(stream.refresh());
    }
  }
  void follow();
}

/** Loads the .proto files, whose paths are those of xDS. */
function adsDefinition(): ServiceDefinition {
  const files = [
    'envoy/service/discovery/v3/ads.proto',
    'envoy/config/listener/v3/listener.proto',
    'envoy/config/route/v3/route.proto',
    'envoy/config/cluster/v3/cluster.proto',
    'envoy/config/endpoint/v3/endpoint.proto',
    'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
    'envoy/extensions/filters/http/router/v3/router.proto',
  ];
  const loaded = loadSync(files, {
    keepCase: true,
    defaults: true,
    enums: String,
    includeDirs: [PROTO_FOLDER],
  });
  return loaded[ADS] as ServiceDefinition;
}
