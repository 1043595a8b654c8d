import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoImages } from '../support/images.ts';
import { Project, V1, V2 } from './project.ts';

const UUID_V5 = 'ded2f335-7fd4-5b9b-a118-3cf44a258ba4';
const why = whyNoImages();

describe.skipIf(why !== undefined)(`compose.yaml${why ? ` (skipped: ${why})` : ''}`, () => {
  let project: Project;
  beforeAll(async () => {
    const images = {
      broker: 'rollcall',
      gateway: 'rollcall',
      'id-v5': 'id-v5',
      'id-v4': 'id-v4',
    } as const;
    project = await Project.load('walk', 'compose.yaml', images);
    await project.up();
  });
  afterAll(() => project.end());

  it('answers both requests of the walkthrough, by each copy in turn', async () => {
    await Promise.all([project.answered(V1, 2), project.answered(V2, 2)]);
    for (const line of await project.responses(V1)) expect(line).toContain(UUID_V5);
    for (const line of await project.responses(V2)) {
      expect(line).toMatch(/^200 \S+ \{"status":1,"id":"[\da-f-]{36}"\}$/);
    }
  });

  it('runs more copies of a service', async () => {
    await project.up('--scale=id-v5=4');
    await project.answered(V1, 4);
  });

  it('runs nothing as root, and becomes healthy', async () => {
    const containers = (await project.compose('ps', '--quiet')).split('\n');
    expect(containers).toHaveLength(8);
    for (const container of containers) {
      const processes = await project.engine.docker(['top', container, '-o', 'uid,pid']);
      expect(processes).not.toMatch(/^\s*0\s/m);
      await project.healthy(container);
    }
  });

  it('runs the command in a container', async () => {
    const listed = await project.engine.docker(['exec', 'walk_gateway_1', 'rollcall', 'ls']);
    expect(listed.match(/^\/v\d/gm)).toEqual(['/v1', '/v1', '/v1', '/v1', '/v2', '/v2']);
  });

  // A request that a killed copy may have worked on is not sent again, unless it is one that changes nothing.
  it.each([
    { how: 'stop', copy: 'walk_id-v5_1', code: '0', request: V1 },
    { how: 'kill', copy: 'walk_id-v5_2', code: '137', request: ['/v1/health', '--method=GET'] },
  ])('fails no request at docker $how of a copy', async ({ how, copy, code, request }) => {
    const server = await project.inspect(copy, 'Config.Hostname');
    const load = project.client([...request, '--connections=4']);
    await load.line(new RegExp(`^200 ${server} `));
    await project.engine.docker([how, copy]);
    await project.responses(request);
    load.kill('SIGTERM');
    await load.ended;
    expect(load.lines.filter((line) => !line.startsWith('200 '))).toEqual([]);
    expect(await project.inspect(copy, 'State.ExitCode')).toBe(code);
    const others = await project.responses(request);
    expect(others.filter((line) => line.includes(server))).toEqual([]);
  });

  it('a gateway that is replaced knows every service as soon as it answers', async () => {
    await project.up('--no-deps', '--force-recreate', '--scale=id-v5=3', 'gateway');
    const first = await Promise.all([project.firstAnswer(V1), project.firstAnswer(V2)]);
    for (const line of first) expect(line).toMatch(/^200 /);
  });
});
