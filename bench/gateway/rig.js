// What the bench runs: programs, each bound to one core, and what they have used of it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The proxies take turns on one core; whoever loads them and whoever answers share the other. */
export const PROXY_CORE = '0';
export const LOAD_CORE = '1';

const TICKS_PER_SECOND = 100;

// Where servers are on Debian, which only root is told.
const PATH = `${process.env['PATH']}:/usr/sbin`;

/** The programs of one part of the bench, and their files. */
export class Rig {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];
  /** The environment of what is started from now on. @type {Record<string, string>} */
  env = {};

  /**
   * @param {string} name
   * @param {string | Buffer} content
   */
  file(name, content) {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /**
   * Starts a program. taskset becomes it, so that its process is the program's.
   * @param {string} core
   * @param {readonly string[]} command
   * @param {Record<string, string>} [env]
   */
  start(core, command, env = {}) {
    const child = spawn('taskset', ['-c', core, ...command], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, PATH, ...this.env, ...env },
    });
    this.#children.push(child);
    return child;
  }

  /** Ends every program and removes the files. */
  async end() {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.folder, { recursive: true });
  }
}

/** The path of a program of this folder. @param {string} name */
export function script(name) {
  return join(import.meta.dirname, name);
}

/**
 * Runs a program to its end on the core of the load, and returns what it printed.
 * @param {readonly string[]} command
 */
export function onLoadCore(command) {
  return execFileSync('taskset', ['-c', LOAD_CORE, ...command], { encoding: 'utf8' });
}

/** What a process and those it has started have had of the processor, in seconds. @param {number} pid */
export function cpuSeconds(pid) {
  return sum(withChildren(pid), (each) => {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
    // Behind the name, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });
}

/** Bytes of memory that are these processes' own. @param {number} pid */
export function memory(pid) {
  return sum(withChildren(pid), (each) => {
    const status = readFileSync(`/proc/${each}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  });
}

/** @param {number} pid @returns {number[]} */
function withChildren(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return [
    pid,
    ...children.filter((each) => each !== '').flatMap((each) => withChildren(Number(each))),
  ];
}

/** @param {readonly number[]} pids @param {(pid: number) => number} amount */
function sum(pids, amount) {
  return pids.reduce((total, pid) => total + amount(pid), 0);
}

/** Whether a program is on this machine. @param {string} name */
export function has(name) {
  return PATH.split(':').some((folder) => {
    try {
      return readdirSync(folder).includes(name);
    } catch {
      return false;
    }
  });
}
