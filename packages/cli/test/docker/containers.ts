/** A container as an engine shows it, running, with port 80 published at 32768. */
export interface Inspected {
  Id: string;
  Name: string;
  Config: Record<string, unknown>;
  State: Record<string, unknown>;
  HostConfig: Record<string, unknown>;
  NetworkSettings: { Ports: Record<string, unknown>; Networks: Record<string, unknown> };
}

/** @param id one hexadecimal digit, of which the container's id consists */
export function inspected(
  id = 'a',
  labels: Record<string, string> = { 'rollcall.prefix': '/v1' },
): Inspected {
  return {
    Id: id.repeat(64),
    Name: `/web-${id}`,
    Config: { Labels: labels, ExposedPorts: { '80/tcp': {} } },
    State: { Status: 'running' },
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: {
      Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '32768' }] },
      Networks: { bridge: { IPAddress: '172.17.0.2' } },
    },
  };
}
