import { compilePathRule } from '../filters/rewriting/path-rule.ts';
import type { PathRule } from '../filters/rewriting/path-rule.ts';

/** Returns the target for an instance; undefined if the path may not be rewritten. */
export type Rewrite = (target: string) => string | undefined;

/** `..` as a segment, in any way that an instance may read it: see `escapesPrefix` of the proxy. */
const PARENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){2}(?:[/\\;]|%2f|%5c|%3b|$)/i;

/**
 * Compiles a rewrite of paths; undefined if there is none. A path with a `..` is not rewritten, because it would leave
 * what the rule has put in front of it.
 */
export function compileRewrite(rule: PathRule): Rewrite | undefined {
  const replace = compilePathRule(rule);
  if (replace === undefined) return undefined;
  return (target) => {
    const question = target.indexOf('?');
    const path = question === -1 ? target : target.slice(0, question);
    const replaced = replace(path);
    if (replaced === undefined) return target;
    if (PARENT.test(path)) return undefined;
    return question === -1 ? replaced : withQuery(replaced, target.slice(question + 1));
  };
}

function withQuery(path: string, query: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}
