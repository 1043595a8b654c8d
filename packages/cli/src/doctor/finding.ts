import { paint } from '@rollcall/runtime/log';

/** `skip`: it could not be checked, because of another finding or because there is nothing to check. */
export type Level = 'ok' | 'warn' | 'fail' | 'skip';

/** The result of one check. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  /** What to do; absent if the level is `ok`. */
  readonly advice?: string;
}

/** Creates the findings of one check. */
export interface Check {
  ok(found: string): Finding;
  warn(found: string, advice: string): Finding;
  fail(found: string, advice: string): Finding;
  skip(found: string, advice?: string): Finding;
}

export function check(name: string): Check {
  const finding =
    (level: Level) =>
    (found: string, advice?: string): Finding => ({
      check: name,
      level,
      found,
      ...(advice !== undefined && { advice }),
    });
  return { ok: finding('ok'), warn: finding('warn'), fail: finding('fail'), skip: finding('skip') };
}

const LEVEL_STYLES = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;
const CHECK_WIDTH = 13;
const INDENT = ' '.repeat('warn'.length + CHECK_WIDTH + 4);

/** For people: the advice is on a line of its own, below the finding. */
export function asText({ check: name, level, found, advice }: Finding, inColour: boolean): string {
  const line = `${paint(LEVEL_STYLES[level], level.padEnd('warn'.length), inColour)}  ${name.padEnd(CHECK_WIDTH)}  ${found}`;
  return advice === undefined ? line : `${line}\n${INDENT}-> ${advice}`;
}

export function countOf(findings: readonly Finding[], level: Level): number {
  return findings.filter((each) => each.level === level).length;
}
