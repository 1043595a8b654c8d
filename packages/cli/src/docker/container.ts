import { isRecord } from '@rollcall/protocol';

/** A container, as the engine's list has it. */
export interface Listed {
  readonly id: string;
  readonly labels: Labels;
}

export type Labels = Readonly<Record<string, string>>;

/** Where a port of a container is published on its host. */
export interface Binding {
  /** Of the host; empty for every address. */
  readonly address: string;
  readonly port: number;
}

/** What announcing a container depends on. */
export interface Container extends Listed {
  readonly name: string;
  /** Such as `running`, `paused`, `restarting` or `exited`. */
  readonly status: string;
  /** When it was started, as the engine writes it: another text for each run. */
  readonly startedAt: string;
  /** What its own HEALTHCHECK says; undefined if it has none. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | undefined;
  /** The signal that asks it to end, as a name or a number; empty for SIGTERM. */
  readonly stopSignal: string;
  /** How long the engine waits after that signal, in seconds; Infinity if it never stops waiting. */
  readonly stopTimeoutS: number;
  /** The TCP ports that its image, or the one who started it, exposes. */
  readonly exposedPorts: readonly number[];
  readonly bindings: ReadonlyMap<number, readonly Binding[]>;
  /** Such as `bridge`, `host`, `container:ID` or the name of a network. */
  readonly networkMode: string;
  /** Its address on each network by the network's name; empty if it has none. */
  readonly networks: ReadonlyMap<string, string>;
}

/** What engines wait by default, in seconds. */
const DEFAULT_STOP_TIMEOUT_S = 10;

export function isContainerId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** Reads an entry of the engine's list. Nothing of the engine is trusted: undefined if it is none. */
export function readListed(entry: unknown): Listed | undefined {
  if (!isRecord(entry) || !isContainerId(entry['Id'])) return undefined;
  return { id: entry['Id'], labels: labelsIn(entry['Labels']) };
}

/** Reads what the engine says of one container; undefined if it is none. */
export function readContainer(inspected: unknown): Container | undefined {
  if (!isRecord(inspected) || !isContainerId(inspected['Id'])) return undefined;
  const config = recordIn(inspected['Config']);
  const state = recordIn(inspected['State']);
  const settings = recordIn(inspected['NetworkSettings']);
  const bindings = bindingsIn(settings['Ports']);
  const exposed = Object.keys(recordIn(config['ExposedPorts'])).flatMap(
    (key) => tcpPort(key) ?? [],
  );
  return {
    id: inspected['Id'],
    name: textIn(inspected['Name']).replace(/^\//, ''),
    labels: labelsIn(config['Labels']),
    status: textIn(state['Status']),
    startedAt: textIn(state['StartedAt']),
    health: healthIn(recordIn(state['Health'])['Status']),
    // Podman has its number.
    stopSignal: String(numberIn(config['StopSignal']) ?? textIn(config['StopSignal'])),
    stopTimeoutS: stopTimeoutIn(config['StopTimeout']),
    exposedPorts: [...new Set([...exposed, ...bindings.keys()])].toSorted((a, b) => a - b),
    bindings,
    networkMode: textIn(recordIn(inspected['HostConfig'])['NetworkMode']),
    networks: networksIn(settings['Networks']),
  };
}

function healthIn(status: unknown): Container['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy'
    ? status
    : undefined;
}

/** Such as `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}`. */
function bindingsIn(ports: unknown): Map<number, readonly Binding[]> {
  const entries = Object.entries(recordIn(ports)).map(([key, value]) => {
    const bindings = (Array.isArray(value) ? value : []).map(recordIn).flatMap((each) => {
      const port = Number(each['HostPort']);
      return isPort(port) ? [{ address: textIn(each['HostIp']), port }] : [];
    });
    return [tcpPort(key), bindings] as const;
  });
  return new Map(entries.flatMap(([port, all]) => (port === undefined ? [] : [[port, all]])));
}

function networksIn(networks: unknown): Map<string, string> {
  return new Map(
    Object.entries(recordIn(networks)).map(([name, value]) => {
      const { IPAddress: ipv4, GlobalIPv6Address: ipv6 } = recordIn(value);
      return [name, textIn(ipv4) || textIn(ipv6)];
    }),
  );
}

function labelsIn(labels: unknown): Labels {
  return Object.fromEntries(
    Object.entries(recordIn(labels)).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value]] : [],
    ),
  );
}

/** Such as `80/tcp`. */
function tcpPort(key: string): number | undefined {
  const digits = /^(?<digits>[0-9]{1,5})\/tcp$/.exec(key)?.groups?.['digits'];
  const port = Number(digits);
  return isPort(port) ? port : undefined;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function recordIn(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function stopTimeoutIn(seconds: unknown): number {
  if (typeof seconds !== 'number') return DEFAULT_STOP_TIMEOUT_S;
  return seconds < 0 ? Infinity : seconds;
}
