import { describe, expect, it } from 'vitest';
import { readContainer } from '../../src/docker/container.ts';
import { judgeContainer } from '../../src/docker/judge-container.ts';
import type { ContainerRules, ContainerVerdict } from '../../src/docker/judge-container.ts';
import { inspected } from './containers.ts';
import type { Inspected } from './containers.ts';

const RULES: ContainerRules = { hostAddress: '10.0.0.5', host: 'host-5' };

interface Judged {
  readonly change?: (container: Inspected) => void;
  readonly rules?: Partial<ContainerRules>;
  readonly isStopping?: boolean;
}

function judge({ change, rules, isStopping = false }: Judged): ContainerVerdict {
  const shown = inspected();
  change?.(shown);
  const container = readContainer(JSON.parse(JSON.stringify(shown)));
  if (container === undefined) throw new Error('no container');
  return judgeContainer(container, isStopping, { ...RULES, ...rules });
}

/** Where it is announced, or why not. */
function place(judged: Judged): string {
  const { announced, faults, reason = '' } = judge(judged);
  const places = announced.map(
    ({ announcement: { address, port }, by }) => `${address} ${port}: ${by}`,
  );
  return [...places, ...faults, reason].filter((each) => each !== '').join('; ');
}

const publish =
  (...bindings: [string, string][]) =>
  ({ NetworkSettings }: Inspected): void => {
    NetworkSettings.Ports['80/tcp'] = bindings.map(([HostIp, HostPort]) => ({ HostIp, HostPort }));
  };

function serveTwo({ Config, NetworkSettings }: Inspected): void {
  Config['Labels'] = {
    'rollcall.web.prefix': '/web',
    'rollcall.web.port': '80',
    'rollcall.admin.prefix': '/admin',
    'rollcall.admin.port': '81',
  };
  NetworkSettings.Ports['81/tcp'] = [{ HostIp: '::', HostPort: '32769' }];
}

describe('a container', () => {
  it('is announced with its id, its name, and what announced it', () => {
    expect(judge({ rules: { zone: 'z' } }).announced[0]?.announcement).toEqual({
      prefix: '/v1',
      address: '10.0.0.5',
      port: 32_768,
      id: 'docker-aaaaaaaaaaaa',
      name: 'web-a',
      host: 'host-5',
      source: 'docker host-5/web-a',
      zone: 'z',
    });
  });

  it.each(['com.docker.compose.service', 'com.docker.swarm.service.name'])(
    'has the name of its service by %s, and the zone of its label',
    (label) => {
      const change = ({ Config }: Inspected): void => {
        Config['Labels'] = { 'rollcall.prefix': '/v1', 'rollcall.zone': 'own', [label]: 'web' };
      };
      const [one] = judge({ change, rules: { zone: 'z' } }).announced;
      expect(one?.announcement).toMatchObject({ name: 'web', zone: 'own' });
    },
  );

  it('has an id for each of its services', () => {
    expect(
      judge({ change: serveTwo }).announced.map(({ announcement: { id, port } }) => [id, port]),
    ).toEqual([
      ['docker-aaaaaaaaaaaa-web', 32_768],
      ['docker-aaaaaaaaaaaa-admin', 32_769],
    ]);
  });

  it.each<[string, Judged, string]>([
    ['its published port', {}, '10.0.0.5 32768: its published port 80'],
    [
      'the address at which it is published',
      { change: publish(['10.0.0.9', '8080']) },
      '10.0.0.9 8080: its published port 80',
    ],
    [
      'the address of the host, if it is published at others too',
      { change: publish(['10.9.9.9', '1'], ['10.0.0.5', '2']) },
      '10.0.0.5 2: its published port 80',
    ],
    [
      'the port at every IPv4 address, for an IPv4 host',
      { change: publish(['::', '1'], ['0.0.0.0', '2']) },
      '10.0.0.5 2: its published port 80',
    ],
    [
      'the port at every IPv6 address, for an IPv6 host',
      { change: publish(['0.0.0.0', '1'], ['::', '2']), rules: { hostAddress: '2001:db8::5' } },
      '2001:db8::5 2: its published port 80',
    ],
    [
      'the port that others reach',
      { change: publish(['127.0.0.1', '1'], ['', '2']) },
      '10.0.0.5 2: its published port 80',
    ],
    [
      'loopback, where everything is on this machine',
      { change: publish(['127.0.0.1', '8080']), rules: { hostAddress: '127.0.0.1' } },
      '127.0.0.1 8080: its published port 80',
    ],
    [
      'its own address on a network',
      { rules: { network: 'bridge' } },
      '172.17.0.2 80: its address on the network bridge',
    ],
    [
      "the host's network",
      { change: (it) => (it.HostConfig['NetworkMode'] = 'host') },
      "10.0.0.5 80: the host's network",
    ],
  ])('is reached at %s', (_what, judged, expected) => {
    expect(place(judged)).toBe(expected);
  });

  it.each<[string, Judged, string]>([
    [
      'exposes several ports',
      {
        change: (it) => (it.Config['ExposedPorts'] = { '80/tcp': {}, '443/tcp': {}, '53/udp': {} }),
      },
      'it exposes the ports 80, 443: name one by the label rollcall.port',
    ],
    [
      'exposes none',
      {
        change: (it) => {
          it.Config['ExposedPorts'] = null;
          it.NetworkSettings.Ports = {};
        },
      },
      'it exposes no port: name the one that it listens on by the label rollcall.port',
    ],
    [
      'publishes none',
      { change: (it) => (it.NetworkSettings.Ports = { '80/tcp': null }) },
      'its port 80 is not published: publish it, or use --network',
    ],
    [
      'publishes it on loopback',
      { change: publish(['127.0.0.1', '8080']) },
      'its port 80 is published at 127.0.0.1 only, where other machines cannot reach it',
    ],
    [
      'is not on the network',
      { rules: { network: 'front' } },
      'it is not on the network front, but on bridge',
    ],
    [
      'has no address there',
      {
        change: (it) => (it.NetworkSettings.Networks = { front: { IPAddress: '' } }),
        rules: { network: 'front' },
      },
      'it has no address on the network front',
    ],
    [
      'has the network of another one',
      { change: (it) => (it.HostConfig['NetworkMode'] = 'container:bbb') },
      'it shares the network of another container: label that one',
    ],
    [
      'has an invalid label',
      { change: (it) => (it.Config['Labels'] = { 'rollcall.prefix': 'v1' }) },
      'prefix "v1" must start with "/"',
    ],
    [
      'names an invalid port',
      {
        change: (it) =>
          (it.Config['Labels'] = { 'rollcall.prefix': '/v1', 'rollcall.port': 'http' }),
      },
      'the label rollcall.port is invalid: port is "http"; it must be a whole number from 1 to 65535',
    ],
  ])('that %s is refused', (_what, judged, fault) => {
    expect(place(judged)).toBe(fault);
  });

  it.each<[string, Judged, string]>([
    ['has exited', { change: (it) => (it.State['Status'] = 'exited') }, 'it is exited'],
    ['is paused', { change: (it) => (it.State['Status'] = 'paused') }, 'it is paused'],
    ['is to end', { isStopping: true }, 'it was sent the signal to end'],
    [
      'starts, by its HEALTHCHECK',
      { change: (it) => (it.State['Health'] = { Status: 'starting' }) },
      'its HEALTHCHECK has not succeeded yet',
    ],
    [
      'is unhealthy',
      { change: (it) => (it.State['Health'] = { Status: 'unhealthy' }) },
      'its HEALTHCHECK fails',
    ],
  ])('that %s is not announced', (_what, judged, reason) => {
    expect(place(judged)).toBe(reason);
  });

  it('is announced once its HEALTHCHECK succeeds', () => {
    const judged = judge({ change: (it) => void (it.State['Health'] = { Status: 'healthy' }) });
    expect(judged.announced).toHaveLength(1);
  });

  it('reads nothing from what is no container', () => {
    for (const value of [null, 7, [], {}, { Id: 'short' }, { Id: 7 }, { Id: 'G'.repeat(64) }])
      expect(readContainer(value)).toBeUndefined();
    const strange = {
      Id: 'a'.repeat(64),
      Config: 7,
      State: [],
      NetworkSettings: { Ports: { '99999/tcp': 7 } },
    };
    expect(readContainer(strange)).toMatchObject({ name: '', status: '', exposedPorts: [] });
  });
});
