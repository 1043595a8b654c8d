import { explainLink } from './explain-link.ts';
import type { NewsItem, NewsKind } from './news.ts';
import type { MessageContext } from './message-context.ts';

/** Lines of one message. People read no more. */
const MAX_LINES = 20;

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
export function slackText(
  items: readonly NewsItem[],
  { link, shareOf }: Pick<MessageContext, 'link' | 'shareOf'>,
): string {
  const shown = items.slice(0, MAX_LINES);
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

/** Services choose their names, which must not become links or mentions. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
