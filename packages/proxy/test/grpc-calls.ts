import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServiceDefinition, ServiceError, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Upstream } from '../src/proxy.ts';
import { afterwards } from './harness.ts';

const bytes = (value: Buffer): Buffer => value;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}

/** A service without protobuf: messages are bytes. */
const ECHO: ServiceDefinition = {
  unary: method('Unary', false, false),
  clientStream: method('ClientStream', true, false),
  serverStream: method('ServerStream', false, true),
  both: method('Both', true, true),
};

/** A server of `grpc-js`. */
export async function grpcServer(
  handlers: UntypedServiceImplementation,
): Promise<{ there: Upstream; server: Server }> {
  const server = new Server();
  server.addService(ECHO, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  afterwards(() => server.forceShutdown());
  return { there: { key: String(port), address: '127.0.0.1', port, isHttp2: true }, server };
}

/** A client of `grpc-js`. */
export class EchoClient {
  readonly raw: Client;

  constructor(port: number) {
    this.raw = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    afterwards(() => this.raw.close());
  }

  /** Calls a method of one message each way. */
  unary(
    message: string,
    { path = '/test.Echo/Unary', timeoutMs = Infinity, metadata = new Metadata() } = {},
  ): Promise<string> {
    const deadline = timeoutMs === Infinity ? {} : { deadline: Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      this.raw.makeUnaryRequest(
        path,
        bytes,
        bytes,
        Buffer.from(message),
        metadata,
        deadline,
        (error: ServiceError | null, value?: Buffer) =>
          error === null ? resolve(String(value)) : reject(error),
      );
    });
  }

  both() {
    return this.raw.makeBidiStreamRequest('/test.Echo/Both', bytes, bytes);
  }

  serverStream(message: string) {
    return this.raw.makeServerStreamRequest(
      '/test.Echo/ServerStream',
      bytes,
      bytes,
      Buffer.from(message),
    );
  }

  /** Sends all messages, and returns the one that is returned. */
  clientStream(messages: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = this.raw.makeClientStreamRequest(
        '/test.Echo/ClientStream',
        bytes,
        bytes,
        (error: ServiceError | null, value?: Buffer) =>
          error === null ? resolve(String(value)) : reject(error),
      );
      for (const message of messages) call.write(Buffer.from(message));
      call.end();
    });
  }
}
