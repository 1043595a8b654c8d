import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { readSettingsFile } from '@rollcall/runtime/settings';
import { hasGo } from '../support/available.ts';
import { ask } from '../support/cluster.ts';
import { blockOf, ROOT, Scratch } from '../support/document.ts';
import { freePort } from '../support/free-port.js';
import { Programs } from '../support/processes.ts';
import { hasPythonClient, pythonProgram } from '../support/python.ts';
import { startSystem } from '../support/system.ts';

const FIRST_SERVICE = 'docs/guides/first-service.md';
const PYTHON = 'docs/guides/python.md';

const programs = new Programs();
const scratch = new Scratch();
afterEach(async () => {
  await programs.endAll();
  scratch.clear();
});

/** Builds a Go program in a module of its own, as the guide says. */
function buildGo(code: string): string {
  const folder = dirname(scratch.file('main.go', code));
  const run = (command: string): void => {
    execFileSync('sh', ['-euc', command], { cwd: folder, stdio: 'inherit' });
  };
  run('go mod init example.com/hello');
  run(blockOf(FIRST_SERVICE, 'sh', 'go mod edit').replace('../rollcall/', ROOT));
  run('go mod tidy && go build -o hello .');
  return join(folder, 'hello');
}

describe(FIRST_SERVICE, () => {
  it('the JavaScript service registers, serves and leaves', async () => {
    const { env, gateway, url } = await startSystem(programs);
    const module = scratch.file('hello.mjs', blockOf(FIRST_SERVICE, 'js', 'createServer'));
    const hello = programs.node(module, [], { ...env, PORT: String(await freePort()) });
    await gateway.line(/route registered .*\/hello/);
    expect((await ask(`${url}/hello/`)).body).toBe('hello from JavaScript\n');
    hello.kill('SIGTERM');
    await gateway.line(/route unregistered .*\/hello/);
    expect((await hello.ended).code).toBe(0);
  });

  it.each([
    ['/v4', '@rollcall/client/express'],
    ['/v5', '@rollcall/client/fastify'],
  ])('the service at %s with %s registers, serves and leaves', async (prefix, text) => {
    const { env, gateway, url } = await startSystem(programs);
    const module = scratch.file('service.mjs', blockOf(FIRST_SERVICE, 'js', text));
    const service = programs.node(module, [], env);
    await gateway.line(new RegExp(`route registered .*${prefix}`));
    expect((await ask(`${url}${prefix}/`)).body).toBe('hello\n');
    service.kill('SIGTERM');
    await gateway.line(new RegExp(`route unregistered .*${prefix}`));
    expect((await service.ended).code).toBe(0);
  });

  it.skipIf(!hasGo)('the Go service registers, serves and leaves', async () => {
    const { env, gateway, url } = await startSystem(programs);
    const hello = programs.file(buildGo(blockOf(FIRST_SERVICE, 'go', 'registry')), [], env);
    await gateway.line(/route registered .*\/hello/);
    expect((await ask(`${url}/hello/`)).body).toBe('hello from Go\n');
    hello.kill('SIGTERM');
    await gateway.line(/route unregistered .*\/hello/);
    expect((await hello.ended).code).toBe(0);
  });

  it('the curl commands register, renew and remove a lease', async () => {
    const server = createServer((_, response) => response.end('hello from anywhere\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: servicePort } = server.address() as AddressInfo;
    const { port, gateway, url } = await startSystem(programs);
    const script = blockOf(FIRST_SERVICE, 'sh', 'openssl')
      .replace(':6001', `:${port}`)
      .replace(':4000', `:${servicePort}`)
      // Here one run is two scripts.
      .replace('$(date +%s000)', String(Date.now()));
    const publish = (events: string): Promise<unknown> =>
      programs.file('bash', ['-euc', script.replace(/publish register [^]*/, events)]).ended;

    await publish('publish register; publish register');
    await gateway.line(/route registered .*\/hello/);
    expect((await ask(`${url}/hello`)).body).toBe('hello from anywhere\n');
    await publish('publish exit');
    await gateway.line(/route unregistered .*\/hello/);
    expect(gateway.output).not.toContain('refused');
    server.close();
  });
});

describe('docs/guides/testing-with-the-broker.md', () => {
  it('the code waits for a service', async () => {
    const code = blockOf('docs/guides/testing-with-the-broker.md', 'ts', 'registryFromEnv');
    const service = `import { register } from '@rollcall/client';
      const { leave } = await register({ prefix: '/v3', port: 4000, registry: registryFromEnv(env) });`;
    const file = scratch.file(
      'wait.mjs',
      code
        .replace('// Start your service with `env` here.', service)
        .replace('directory.close();', 'await leave(); directory.close();'),
    );
    const program = programs.node(file, []);
    await program.line(/^\[ '\/v3' \]$/);
    expect((await program.ended).code).toBe(0);
  });
});

describe('docs/guides/call-a-service.md', () => {
  it('the code calls a service, retries and watches', async () => {
    const page = 'docs/guides/call-a-service.md';
    const { env, gateway } = await startSystem(programs);
    const hello = scratch.file('hello.mjs', blockOf(FIRST_SERVICE, 'js', 'createServer'));
    programs.node(hello, [], { ...env, PORT: String(await freePort()) });
    await gateway.line(/route registered .*\/hello/);
    const code = [
      `import { discover } from '@rollcall/client';`,
      `const ids = await discover('/hello');`,
      blockOf(page, 'js', 'async function call'),
      `console.log(await (await call('/')).text());`,
      `ids.close();`,
      blockOf(page, 'js', 'directory.on'),
      `directory.close();`,
    ];
    const caller = programs.node(scratch.file('caller.mjs', code.join('\n')), [], env);
    await caller.line(/^hello from JavaScript$/);
    await caller.line(/ (?:healthy|suspect)$/);
    expect((await caller.ended).code).toBe(0);
  });
});

describe('docs/guides/production.md', () => {
  it('the settings are valid', () => {
    const settings = blockOf('docs/guides/production.md', 'json', '"workers"');
    const file = scratch.file('rollcall.json', settings);
    expect(readSettingsFile(file, GATEWAY_SETTINGS)).toMatchObject({
      values: { workers: 'auto' },
      faults: [],
    });
  });
});

describe.skipIf(!hasPythonClient)(PYTHON, () => {
  it('the FastAPI service registers, serves, is found by a caller, and leaves', async () => {
    const { env, gateway, url } = await startSystem(programs);
    const port = String(await freePort());
    const app = blockOf(PYTHON, 'python', 'FastAPI').replace('8000', port);
    const folder = dirname(scratch.file('app.py', app));
    const command = ['-m', 'uvicorn', 'app:app', '--app-dir', folder, '--port', port];
    const links = ['--root-path', '/hello'];
    const hello = pythonProgram(programs, [...command, ...links], env);
    await gateway.line(/route registered .*\/hello/);
    expect((await ask(`${url}/hello/`)).body).toBe('"hello from Python"');
    expect((await ask(`${url}/hello/docs`)).body).toContain("'/hello/openapi.json'");
    const caller = scratch.file('caller.py', blockOf(PYTHON, 'python', 'discover("/hello")'));
    await pythonProgram(programs, [caller], env).line(/hello from Python/);
    hello.kill('SIGTERM');
    await gateway.line(/route unregistered .*\/hello/);
    await hello.ended;
  });

  it.each([
    ['by its application', 'wsgi(app', 'gunicorn.conf.py', '# nothing'],
    ['by its hook', 'wsgi(app', 'gunicorn.conf.py', blockOf(PYTHON, 'python', 'when_ready')],
  ])('gunicorn registers Flask %s', async (how, text, name, hook) => {
    const { env, gateway, url } = await startSystem(programs);
    const port = String(await freePort());
    const code = blockOf(PYTHON, 'python', text).replace('8001', port);
    const app = how === 'by its hook' ? code.replace(/^app = rollcall.*$/m, '') : code;
    const folder = dirname(scratch.file('flask_app.py', app));
    const config = scratch.file(name, hook.replace('8001', port));
    const command = ['-m', 'gunicorn', '--bind', `127.0.0.1:${port}`, '--config', config];
    pythonProgram(programs, [...command, '--chdir', folder, 'flask_app:app'], env);
    await gateway.line(/route registered .*\/flask/);
    expect((await ask(`${url}/flask/`)).body).toBe('hello from Flask\n');
  });

  it('any other program registers, and leaves at the end of its block', async () => {
    const { env, gateway } = await startSystem(programs);
    const code = blockOf(PYTHON, 'python', 'HTTPServer').replaceAll(
      '8003',
      String(await freePort()),
    );
    const program = pythonProgram(programs, [scratch.file('files.py', code)], env);
    await program.line(/registered \/files at http/);
    await gateway.line(/route registered .*\/files/);
    // Its input has ended.
    await gateway.line(/route unregistered .*\/files/);
    await program.ended;
  });
});
