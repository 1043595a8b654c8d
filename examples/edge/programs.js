import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts programs, and ends with all of them. What each prints is in NAME.log. */
export class Programs {
  #folder;
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #running = new Set();
  #isStopping = false;

  /** @param {string} folder of the logs */
  constructor(folder) {
    this.#folder = folder;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => this.stop());
  }

  /**
   * @param {string} name
   * @param {(string | number)[]} command
   * @param {RegExp[]} ready matched by lines that it prints when it is ready
   * @param {{ env?: Record<string, string>, isShown?: boolean }} [options] isShown: its lines are printed here, too
   */
  async start(name, command, ready, { env = {}, isShown = false } = {}) {
    const [file = '', ...args] = command.map(String);
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.once('error', (error) => this.#onEnd(child, `cannot run ${name}: ${error.message}`));
    let lastLine = 'it printed nothing';
    child.once('close', (code) => this.#onEnd(child, `${name} ended with ${code}: ${lastLine}`));

    const log = createWriteStream(join(this.#folder, `${name}.log`));
    const awaited = new Set(ready);
    await new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          log.write(`${line}\n`);
          lastLine = line;
          if (isShown && !this.#isStopping) console.log(`${name} | ${line}`);
          for (const each of awaited) if (each.test(line)) awaited.delete(each);
          if (awaited.size === 0) resolve(undefined);
        });
      }
    });
  }

  /** Ends all of them, and then this program. */
  stop(exitCode = 0) {
    process.exitCode ??= exitCode;
    this.#isStopping = true;
    for (const child of this.#running) child.kill('SIGTERM');
    if (this.#running.size === 0) process.exit();
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} why
   */
  #onEnd(child, why) {
    this.#running.delete(child);
    if (!this.#isStopping) {
      console.error(why);
      this.stop(1);
    } else if (this.#running.size === 0) process.exit();
  }
}
