// What was seen of a failure, in words.

/** @typedef {import('./observation.js').Seen} Seen */

/** Lists may be wrong, and members not yet announced as gone, for so long. */
const MAX_WRONG_MS = 5_000;
/** Longer answers are waits for another node. */
const MAX_ANSWER_MS = 2_000;

/**
 * Whether a product did all that it should, and what was seen.
 * @param {Seen} seen
 * @returns {{ isRight: boolean, text: string }}
 */
export function verdict(seen) {
  const faults = faultsOf(seen);
  const told =
    seen.told === undefined || seen.told > MAX_WRONG_MS
      ? []
      : [`announced after ${seconds(seen.told)}`];
  const refused = seen.refusedFor > 0 ? [`triggers refused for ${seconds(seen.refusedFor)}`] : [];
  const text = [...(faults.length === 0 ? ['right'] : faults), ...told, ...refused].join('; ');
  return { isRight: faults.length === 0, text };
}

/** @param {Seen} seen */
function faultsOf(seen) {
  // Nothing answers after that.
  if (seen.died === 2) return ['both nodes end', `${seen.closed} clients closed`];
  /** @type {readonly (readonly [unknown, string])[]} */
  const faults = [
    [seen.hasTold && seen.told === undefined, 'members never announced as gone'],
    [(seen.told ?? 0) > MAX_WRONG_MS, `members announced as gone after ${seconds(seen.told ?? 0)}`],
    [seen.falseGoodbyes, `${seen.falseGoodbyes} members who stay announced as gone`],
    [!seen.isRightAtEnd, 'lists wrong at the end'],
    [
      seen.isRightAtEnd && seen.wrongUntil > MAX_WRONG_MS,
      `lists wrong for ${seconds(seen.wrongUntil)}`,
    ],
    [seen.wrongJoins, 'a newcomer is not shown everyone'],
    [seen.lost, `${seen.lost} accepted triggers lost`],
    [seen.doubled, `${seen.doubled} triggers doubled`],
    [seen.closed, `${seen.closed} clients closed`],
    [seen.died, 'a node ends'],
    [seen.failedQuestions, `${seen.failedQuestions} questions failed`],
    [seen.longestQuestion > MAX_ANSWER_MS, `questions take ${seconds(seen.longestQuestion)}`],
    [seen.longestJoin > MAX_ANSWER_MS, `joining takes ${seconds(seen.longestJoin)}`],
  ];
  return faults.filter(([isFault]) => Boolean(isFault)).map(([, text]) => text);
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
