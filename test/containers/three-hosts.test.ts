import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { APP } from '../support/connection.ts';
import { Engine, whyNoEngine } from '../support/engine.ts';
import { Network } from '../support/network.ts';
import type { Host } from '../support/network.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

const LOAD = new URL('client.js', import.meta.url).pathname;
/** So many responses that each container has answered. */
const ENOUGH = 50;
const why = whyNoEngine();

/** A host with an engine, and what announces its containers. */
interface DockerHost {
  readonly host: Host;
  readonly engine: Engine;
  watch: RunningProgram;
}

/** A gateway and a broker on a host of their own, and three hosts with containers. */
class FrontDoor {
  readonly network = new Network();
  readonly programs = new Programs();
  readonly hosts: DockerHost[] = [];
  #door: Host | undefined;
  #gateway: RunningProgram | undefined;

  async start(): Promise<void> {
    this.#door = await this.network.host();
    await this.command(['broker', '--host', this.#door.address]).line(/broker listens/);
    this.#gateway = this.command(['gateway', '--domain', '*']);
    await this.#gateway.line(/gateway listens/);
    for (let number = 0; number < 3; number++) {
      const host = await this.network.host();
      const engine = await Engine.start(host);
      await engine.importBusybox();
      this.hosts.push({ host, engine, watch: await this.startWatch(host, engine) });
    }
  }

  async end(): Promise<void> {
    await this.programs.endAll();
    await Promise.all(this.hosts.map(({ engine }) => engine.end()));
    await this.network.end();
  }

  get gateway(): RunningProgram {
    return defined(this.#gateway);
  }

  /** Starts the command at the front door, or on another host. */
  command(args: string[], host = defined(this.#door), more: Environment = {}): RunningProgram {
    const env = {
      PUSHER_APP_ID: APP.appId,
      PUSHER_APP_KEY: APP.key,
      PUSHER_APP_SECRET: APP.secret,
      PUSHER_HOST: defined(this.#door).address,
      PUSHER_PORT: '6001',
      ROLLCALL_CHANNEL: 'private-mapped-discovery',
      ...more,
    };
    return this.programs.node(PROGRAMS.cli, args, env, host.via);
  }

  async startWatch(host: Host, engine: Engine): Promise<RunningProgram> {
    const watch = this.command(['docker', '--engine', `unix://${engine.socket}`], host);
    await watch.line(/following the containers/);
    return watch;
  }

  async printed(...command: Parameters<FrontDoor['command']>): Promise<string> {
    const program = this.command(...command);
    await program.ended;
    return program.output;
  }

  /** Requests that are sent all the time, from the front door itself. */
  startLoad(path: string): RunningProgram {
    const url = `http://127.0.0.1:1500${path}`;
    return this.programs.node(
      LOAD,
      [url, '--method=GET', '--connections=2'],
      {},
      defined(this.#door).via,
    );
  }
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it was not started');
  return value;
}

/** Starts a container that answers with its name. */
async function serve(
  { engine }: DockerHost,
  name: string,
  prefix: string,
  flags: readonly string[] = [],
): Promise<void> {
  const script = `mkdir /www && echo ${name} > /www/name && exec httpd -f -h /www`;
  const run = `run --detach --name ${name} --publish 80 --label rollcall.prefix=${prefix}`;
  await engine.docker([...run.split(' '), ...flags, 'busybox', 'sh', '-c', script]);
}

/** These containers answer, and no other. */
function answers(load: RunningProgram, names: readonly string[]): Promise<void> {
  const expected = new Set(names.map((name) => `200 - ${name}`));
  return vi.waitFor(() => expect(new Set(load.lines.slice(-ENOUGH))).toEqual(expected));
}

/** Ends a load, and returns what was answered with anything but 200. */
async function failuresOf(load: RunningProgram): Promise<readonly string[]> {
  load.kill('SIGTERM');
  await load.ended;
  return load.lines.filter((line) => !line.startsWith('200 '));
}

describe.skipIf(why !== undefined)(
  `three hosts, one front door${why ? ` (skipped: ${why})` : ''}`,
  () => {
    const door = new FrontDoor();
    beforeAll(() => door.start());
    afterAll(() => door.end());
    let prefix = '/v0';
    beforeEach(() => (prefix = `/v${Number(prefix.slice(2)) + 1}`));

    it('containers come, move and go with no failed request, and explain shows where each came from', async () => {
      const [one, two, three] = door.hosts as [DockerHost, DockerHost, DockerHost];
      await serve(one, 'first', prefix, ['--label', 'rollcall.version=1.4']);
      await door.gateway.line(new RegExp(`route registered .*${prefix} .*10\\.77\\.0\\.2`));
      const load = door.startLoad(`${prefix}/name`);
      await load.line(/200 - first/);
      await serve(two, 'second', prefix);
      await load.line(/200 - second/);
      // It moves to another host.
      await serve(three, 'third', prefix);
      await load.line(/200 - third/);
      await one.engine.docker(['stop', '--time', '3', 'first']);
      await one.watch.line(/withdrawing .*container=first/);
      await answers(load, ['second', 'third']);
      const shown = await door.printed(['explain', `${prefix}/name`]);
      expect(shown).toContain('announced by docker host-3/second');
      expect(shown).toContain('announced by docker host-4/third');
      expect(await failuresOf(load)).toEqual([]);
    });

    it('a container that is killed is out at once', async () => {
      const [one, two] = door.hosts as [DockerHost, DockerHost];
      await serve(one, 'kept', prefix);
      await serve(two, 'killed', prefix);
      const load = door.startLoad(`${prefix}/name`);
      await load.line(/200 - kept/);
      await load.line(/200 - killed/);
      await two.engine.docker(['kill', 'killed']);
      await door.gateway.line(new RegExp(`route unregistered .*${prefix} .*it has left`));
      await answers(load, ['kept']);
      expect(await failuresOf(load)).toEqual([]);
    });

    it('an unhealthy container receives nothing until it is healthy', async () => {
      const [one, two] = door.hosts as [DockerHost, DockerHost];
      const check = [
        '--health-cmd',
        'test ! -e /ill',
        '--health-interval',
        '500ms',
        '--health-retries',
        '1',
      ];
      await serve(one, 'well', prefix);
      await serve(two, 'ailing', prefix, check);
      const load = door.startLoad(`${prefix}/name`);
      await load.line(/200 - ailing/);
      await two.engine.docker(['exec', 'ailing', 'touch', '/ill']);
      await two.watch.line(/withdrawing .*container=ailing .*HEALTHCHECK fails/);
      await door.gateway.line(new RegExp(`route unregistered .*${prefix} `));
      await answers(load, ['well']);
      await two.engine.docker(['exec', 'ailing', 'rm', '/ill']);
      await load.nextLine(/200 - ailing/);
      expect(await failuresOf(load)).toEqual([]);
    });

    it('what announces them may stop and start again: they are announced once, and no request fails', async () => {
      const [one, two] = door.hosts as [DockerHost, DockerHost];
      await serve(one, 'near', prefix);
      await serve(two, 'far', prefix);
      const load = door.startLoad(`${prefix}/name`);
      await load.line(/200 - near/);
      await load.line(/200 - far/);
      two.watch.kill('SIGTERM');
      expect((await two.watch.ended).code).toBe(0);
      expect(two.watch.output).toContain('stopping: what is announced stays so');
      // One container ends unseen.
      await two.engine.docker(['rm', '--force', 'second']);
      two.watch = await door.startWatch(two.host, two.engine);
      await two.watch.line(/announcing .*container=far/);
      await load.nextLine(/200 - far/);
      expect(await failuresOf(load)).toEqual([]);
      await door.gateway.line(/instance down .*\/v1 -> http:\/\/10\.77\.0\.3:/);
      const listed = JSON.parse(await door.printed(['ls', '--json'])) as { name: string }[];
      expect(listed.filter(({ name }) => name === 'far')).toHaveLength(1);
      expect(listed.filter(({ name }) => name === 'second')).toEqual([]);
    });

    it('doctor shows what is announced, and why others are not', async () => {
      const [one] = door.hosts as [DockerHost];
      const run = 'run --detach --name closed --label rollcall.prefix=/closed --expose 80';
      await one.engine.docker([...run.split(' '), 'busybox', 'httpd', '-f']);
      await one.watch.line(/not announced container=closed/);
      const env = { DOCKER_HOST: `unix://${one.engine.socket}` };
      const found = await door.printed(['doctor'], one.host, env);
      expect(found).toMatch(/ok +containers +first: |ok +containers +kept: \/v\d at 10\.77\.0\.2:/);
      expect(found).toMatch(
        /warn +containers +closed is not announced: its port 80 is not published/,
      );
    });
  },
);
