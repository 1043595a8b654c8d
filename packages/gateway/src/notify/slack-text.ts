import { explainLink } from './explain-link.ts';
import type { NewsItem, NewsKind } from './news.ts';
import type { MessageContext } from './message-context.ts';

/** Lines of one message. People read no more. */
const MAX_LINES = 20;
/** Discord, which takes Slack's messages too, refuses 2,000. */
const MAX_CHARACTERS = 1900;

/** A space of no width. */
const BREAK = '\u200B';

type TextContext = Pick<MessageContext, 'link' | 'shareOf'>;

const SIGNS: Readonly<Record<NewsKind, string>> = {
  down: ':red_circle:',
  suspect: ':large_yellow_circle:',
  recovered: ':large_green_circle:',
  ejected: ':large_orange_circle:',
  doubt: ':large_yellow_circle:',
  conflict: ':warning:',
  version: ':package:',
  certificate: ':closed_lock_with_key:',
};

/** Returns a message in Slack's markup: the events by prefix, each with what is left and a link to its explanation. */
export function slackText(items: readonly NewsItem[], { link, shareOf }: TextContext): string {
  // All instances of a prefix are visited for its share.
  const shares = new Map<string, ReturnType<typeof shareOf>>();
  const context: TextContext = {
    link,
    shareOf(prefix) {
      const share = shares.get(prefix) ?? shareOf(prefix);
      shares.set(prefix, share);
      return share;
    },
  };
  for (let count = MAX_LINES; ; count--) {
    const text = textOf(items, items.slice(0, count), context);
    if (text.length <= MAX_CHARACTERS) return text;
    // Such as the names of a certificate.
    if (count === 1) return `${text.slice(0, MAX_CHARACTERS)}…`;
  }
}

function textOf(
  items: readonly NewsItem[],
  shown: readonly NewsItem[],
  { link, shareOf }: TextContext,
): string {
  const prefixes = [...new Set(shown.map(({ prefix }) => prefix))];
  const lines = prefixes.flatMap((prefix) => {
    const own = shown.filter((item) => item.prefix === prefix).map(lineOf);
    if (prefix === undefined) return own;
    const { receiving, instances } = shareOf(prefix);
    const name = `*${escaped(prefix || '/')}*`;
    const explain = explainLink(link, prefix);
    const explained = explain === undefined ? '' : ` <${explain}|explain>`;
    return [`${name} ${receiving} of ${instances} instances receive traffic${explained}`, ...own];
  });
  const more = items.length - shown.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function lineOf({ kind, text }: NewsItem): string {
  return `${SIGNS[kind]} ${escaped(text)}`;
}

/**
 * Services choose their names, which must not become links or mentions: in Slack's markup, or the Markdown that Mattermost and
 * Discord read.
 */
function escaped(text: string): string {
  const inSlack = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return inSlack.replaceAll('@', `@${BREAK}`).replaceAll('](', `]${BREAK}(`);
}
