import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APP } from '../support/connection.ts';
import { whyNoImages } from '../support/images.ts';
import { HOST_ADDRESS, Project } from './project.ts';

const why = whyNoImages();
const REGISTRY = {
  PUSHER_APP_ID: APP.appId,
  PUSHER_APP_KEY: APP.key,
  PUSHER_APP_SECRET: APP.secret,
  PUSHER_HOST: HOST_ADDRESS,
  ROLLCALL_CHANNEL: 'private-mapped-discovery',
};

describe.skipIf(why !== undefined)(
  `deploy/compose.docker-host.yaml${why ? ` (skipped: ${why})` : ''}`,
  () => {
    let project: Project;
    beforeAll(async () => {
      const file = 'deploy/compose.docker-host.yaml';
      const env = { ...REGISTRY, ROLLCALL_ADDRESS: HOST_ADDRESS };
      project = await Project.load('host', file, { 'rollcall-docker': 'rollcall' }, env);
      await project.engine.importBusybox();
      await project.command(['broker', '--host', HOST_ADDRESS], REGISTRY).line(/broker listens/);
      await project.command(['gateway', '--domain', '*'], REGISTRY).line(/gateway listens/);
      await project.up();
    });
    afterAll(() => project.end());

    it('announces a container of the host by its labels, and withdraws it when it stops', async () => {
      const script = 'mkdir /www && echo {} > /www/name && exec httpd -f -h /www';
      const run = 'run --detach --name web --publish 80 --label rollcall.prefix=/web';
      await project.engine.docker([...run.split(' '), 'busybox', 'sh', '-c', script]);
      const get = ['/web/name', '--method=GET'];
      await expect
        .poll(() => project.responses(get))
        .toContainEqual(expect.stringMatching(/^200 /));
      await project.engine.docker(['rm', '--force', 'web']);
      await expect
        .poll(() => project.responses(get))
        .toContainEqual(expect.stringMatching(/^503 /));
    });

    it('is healthy, and reads the engine without a way to change anything', async () => {
      await project.healthy('host_rollcall-docker_1');
      const ask = async (method: string, path: string): Promise<string> => {
        const options = `{ method: '${method}' }`;
        const script = `fetch('http://socket-proxy:2375${path}', ${options}).then(({ status }) => console.log(status))`;
        return project.engine.docker(['exec', 'host_rollcall-docker_1', 'node', '-e', script]);
      };
      expect(await ask('GET', '/containers/json')).toBe('200');
      expect(await ask('GET', '/containers/host_rollcall-docker_1/json')).toBe('200');
      expect(await ask('GET', '/info')).toBe('200');
      for (const path of ['/images/json', '/containers/host_rollcall-docker_1/logs', '/secrets'])
        expect(await ask('GET', path)).toBe('403');
      for (const path of ['/containers/create', '/containers/json', '/containers/web/kill'])
        expect(await ask('POST', path)).toBe('403');
      expect(await ask('DELETE', '/containers/host_rollcall-docker_1/json')).toBe('403');
    });
  },
);
