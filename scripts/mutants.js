// Breaks each load-bearing rule of the protocol, one at a time, in a copy, and sees whether the tests
// or the simulator notice. A mutant that lives is a rule that nothing holds.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './steps.js';

/** @type {{ rule: string, file: string, from: string, to: string }[]} */
const MUTANTS = [
  {
    rule: 'the higher incarnation wins whole',
    file: 'merge.ts',
    from: 'return incA > incB ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'within an incarnation the higher seq wins',
    file: 'merge.ts',
    from: 'return seqA > seqB ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'an exit and the latest words are joined apart',
    file: 'merge.ts',
    from: 'left: a.left || b.left,',
    to: 'left: (a.announcement.seq ?? 0) > (b.announcement.seq ?? 0) ? a.left : b.left,',
  },
  {
    rule: 'a tie is broken alike everywhere',
    file: 'merge.ts',
    from: 'return canonicalJson(a) >= canonicalJson(b) ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'an exit is remembered',
    file: 'table/table.ts',
    from: 'this.#tombstones.set(key, { statement, until });',
    to: '',
  },
  {
    rule: 'an exit is not remembered for ever',
    file: 'table/table.ts',
    from: 'this.#tombstones.delete(key);\n    const entry = this.#entries.get(key);',
    to: 'void 0;\n    const entry = this.#entries.get(key);',
  },
  {
    rule: 'an instance in doubt is used only while no other is up',
    file: 'table/group.ts',
    from: 'return this.#lists.up.length > 0 ? this.#lists.up : this.#lists.suspect;',
    to: 'return [...this.#lists.up, ...this.#lists.suspect];',
  },
  {
    rule: 'doubt about all takes none away',
    file: 'table/group.ts',
    from: 'return this.#lists.up.length > 0 ? this.#lists.up : this.#lists.suspect;',
    to: 'return this.#lists.up;',
  },
  {
    rule: 'one failed probe is not enough',
    file: 'table/rules.ts',
    from: 'failuresToDown: 2',
    to: 'failuresToDown: 1',
  },
  {
    rule: 'a refused connection is certain',
    file: 'table/table.ts',
    from: "if (verdict === 'refused')",
    to: 'if (false)',
  },
  {
    rule: 'a time-out while our own link is bad says nothing',
    file: 'table/table.ts',
    from: 'if (!this.#linkIsUp || now < this.#settledAt) return [];',
    to: '',
  },
  {
    rule: 'no lease lapses while our own link is down',
    file: 'table/table.ts',
    from: 'if (entry.leaseEnds <= now && this.#linkIsUp) {',
    to: 'if (entry.leaseEnds <= now) {',
  },
  {
    rule: 'leases begin anew when our link is back',
    file: 'table/table.ts',
    from: 'else this.#renewLease(entry, now);',
    to: '',
  },
  {
    rule: 'second-hand news is verified',
    file: 'table/table.ts',
    from: 'if (isNew && this.#probes)',
    to: 'if (false)',
  },
  {
    rule: 'second-hand words change nothing of a legacy instance that is known',
    file: 'table/table.ts',
    from: 'if (isLegacy && isKnown && (statement.left || this.#entries.has(key))) return [];',
    to: '',
  },
  {
    rule: 'a legacy instance that left as far as we know may be there again',
    file: 'table/table.ts',
    from: 'if (isLegacy && isKnown && (statement.left || this.#entries.has(key))) return [];',
    to: 'if (isLegacy && isKnown) return [];',
  },
  {
    rule: 'a parting of an earlier run does not touch a later one',
    file: 'table/table.ts',
    from: 'if (entry === undefined || entry.announcement.inc !== inc) return [];',
    to: 'if (entry === undefined) return [];',
  },
  {
    rule: 'a draining instance is sent nothing new',
    file: 'table/group.ts',
    from: 'if (entry.announcement.draining === true) return;',
    to: '',
  },
  {
    rule: 'who subscribes again asks what it has missed',
    file: 'observer.ts',
    from: 'publish: [this.#rollCall(now)] };',
    to: 'publish: [] };',
  },
  {
    rule: 'a gateway calls the roll now and then',
    file: 'observer.ts',
    from: 'now >= this.#askAt ? [this.#rollCall(now)] : []',
    to: '[]',
  },
  {
    rule: 'an answer holds only what is not in the digest',
    file: 'digest.ts',
    from: 'filter((statement) => !known.has(hashOf(statement)))',
    to: 'filter(() => known.size >= 0)',
  },
  {
    rule: 'a roll call that has news is asked back',
    file: 'observer.ts',
    from: 'if (isEcho || !hasNews(digest, statements)) return answers;',
    to: 'if (isEcho || hasNews(digest, statements) !== undefined) return answers;',
  },
  {
    rule: 'a roll call that was caused by one causes no other',
    file: 'observer.ts',
    from: 'if (isEcho || !hasNews(digest, statements)) return answers;',
    to: 'if (!hasNews(digest, statements)) return answers;',
  },
];

const folder = mkdtempSync(join(tmpdir(), 'rollcall-mutants-'));
copyProject();
let alive = 0;
if (!testsPass()) {
  console.error('the tests fail without any mutant: nothing can be said');
  process.exit(1);
}
for (const { rule, file, from, to } of MUTANTS) {
  const path = join(folder, 'packages/protocol/src', file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) {
    console.log(`stale    ${rule}: ${file} has no such line any more`);
    alive++;
    continue;
  }
  writeFileSync(path, source.replace(from, to));
  const survived = testsPass();
  writeFileSync(path, source);
  console.log(`${survived ? 'ALIVE  ' : 'killed '}  ${rule}`);
  if (survived) alive++;
}
rmSync(folder, { recursive: true });
console.log(`${MUTANTS.length} mutants, ${alive} alive`);
process.exitCode = alive === 0 ? 0 : 1;

/** The parts that the protocol's tests need, with packages linked, and the protocol itself a copy. */
function copyProject() {
  const parts = ['packages/protocol', 'conformance', 'test/simulation'];
  for (const part of [...parts, 'vitest.config.ts', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !/\/(?:node_modules|dist)(?:\/|$)/.test(path.slice(ROOT.length - 1)),
    });
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@rollcall'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@rollcall') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(folder, 'packages/protocol'), join(modules, '@rollcall/protocol'));
}

function testsPass() {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', folder, '--bail', '1', '--reporter', 'dot'];
  return spawnSync(process.execPath, args, { cwd: folder, stdio: 'ignore' }).status === 0;
}
