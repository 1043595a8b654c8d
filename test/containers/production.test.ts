import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { whyNoImages } from '../support/images.ts';
import type { OwnImage } from '../support/images.ts';
import { Project, V1, V2 } from './project.ts';

const why = whyNoImages();
const APP = {
  PUSHER_APP_ID: '4711',
  PUSHER_APP_KEY: '0123456789abcdef',
  PUSHER_APP_SECRET: 'fedcba9876543210',
};
const ENVIRONMENT = {
  ...APP,
  REDIS_PASSWORD: 'password0of0redis',
  DOMAIN: 'api.example.com',
  ROLLCALL_ADMIN_TOKEN: '0123456789abcdef0123456789abcdef',
};
const OWN = ['broker-1', 'broker-2', 'gateway-1', 'gateway-2'];
const IMAGES = Object.fromEntries(OWN.map((name): [string, OwnImage] => [name, 'rollcall']));
const GATEWAYS = [1500, 1510];
/** As the services of the file are. */
const HARDENED = ['--init', '--read-only', '--tmpfs=/tmp', '--cap-drop=ALL'];

const atDomain = (request: readonly string[]): string[] => [...request, '--host=api.example.com'];
const GET = atDomain(['/v1/health', '--method=GET']);

describe.skipIf(why !== undefined)(
  `deploy/compose.production.yaml${why ? ` (skipped: ${why})` : ''}`,
  () => {
    let project: Project;
    beforeAll(async () => {
      const file = 'deploy/compose.production.yaml';
      project = await Project.load('rollcall', file, IMAGES, ENVIRONMENT);
      await project.up();
    });
    afterAll(() => project.end());

    function service(name: string, image: OwnImage): Promise<string> {
      const variables = {
        ...APP,
        PUSHER_HOST: 'broker',
        PUSHER_PORT: '6001',
        ROLLCALL_CHANNEL: 'private-mapped-discovery',
      };
      const env = Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`);
      const flags = ['--detach', `--name=${name}`, '--network=rollcall_registry', ...HARDENED];
      return project.engine.docker(['run', ...flags, ...env, image]);
    }

    it('becomes healthy, with a Redis that asks for a password', async () => {
      for (const name of ['redis', ...OWN]) await project.healthy(`rollcall_${name}_1`);
      const ping = ['exec', '--env=REDISCLI_AUTH=', 'rollcall_redis_1', 'redis-cli', 'ping'];
      expect(await project.engine.docker(ping)).toMatch(/NOAUTH/);
    });

    it('runs nothing as root, on file systems that nothing can write to', async () => {
      for (const name of ['redis', ...OWN]) {
        const container = `rollcall_${name}_1`;
        const processes = await project.engine.docker(['top', container, '-o', 'uid,pid']);
        expect(processes).not.toMatch(/^\s*0\s/m);
        expect(await project.inspect(container, 'HostConfig.ReadonlyRootfs')).toBe('true');
      }
    });

    it('routes from both gateways to every copy', async () => {
      await Promise.all(['v5-1', 'v5-2'].map((name) => service(name, 'id-v5')));
      await Promise.all(['v4-1', 'v4-2'].map((name) => service(name, 'id-v4')));
      for (const port of GATEWAYS) {
        await project.answered(atDomain(V1), 2, port);
        await project.answered(atDomain(V2), 2, port);
      }
    });

    it('lists the instances in the container of a gateway', async () => {
      const listed = await project.engine.docker([
        'exec',
        'rollcall_gateway-1_1',
        'rollcall',
        'ls',
      ]);
      expect(listed.match(/^\/v\d/gm)).toEqual(['/v1', '/v1', '/v2', '/v2']);
    });

    it('fails no request when a broker and an instance are killed, and when a broker is replaced', async () => {
      const loads = GATEWAYS.map((port) => project.client([...GET, '--connections=2'], port));
      for (const load of loads) await load.line(/^200/);
      await project.engine.docker(['kill', 'rollcall_broker-1_1', 'v5-1']);
      await service('v5-3', 'id-v5');
      for (const port of GATEWAYS) await project.answered(GET, 2, port);
      await project.up('--no-deps', '--force-recreate', 'broker-1');
      await project.healthy('rollcall_broker-1_1');
      for (const load of loads) {
        load.kill('SIGTERM');
        await load.ended;
        expect(load.lines.filter((line) => !line.startsWith('200 '))).toEqual([]);
      }
    });

    it('a gateway that is replaced knows every service as soon as it is ready', async () => {
      await project.up('--no-deps', '--force-recreate', '--renew-anon-volumes', 'gateway-2');
      await vi.waitUntil(async () => (await project.responses(GET, 1510)).length > 0);
      await project.healthy('rollcall_gateway-2_1');
      for (const request of [GET, atDomain(V2)]) {
        for (const line of await project.responses(request, 1510)) expect(line).toMatch(/^200 /);
      }
    });

    it('stops in the time that each container has', async () => {
      await project.compose('stop');
      for (const name of ['redis', ...OWN]) {
        expect(await project.inspect(`rollcall_${name}_1`, 'State.ExitCode'), name).toBe('0');
      }
    });
  },
);
