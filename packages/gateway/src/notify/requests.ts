import { createHmac } from 'node:crypto';
import { encodeAnnouncement } from '@rollcall/protocol';
import type { Message } from './duty.ts';
import { explainLink } from './explain-link.ts';
import type { NewsItem } from './news.ts';
import type { MessageContext } from './message-context.ts';
import { slackText } from './slack-text.ts';
import type { Target } from './targets.ts';

/** A request that notifies a target. */
interface NotifyRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Events in one message. The rest is counted. */
const MAX_ITEMS = 100;

/** Returns the request by which a message is sent to a target. */
export function requestOf(
  { kind, url, secret }: Pick<Target, 'kind' | 'url' | 'secret'>,
  { id, items }: Pick<Message, 'id' | 'items'>,
  context: MessageContext,
): NotifyRequest {
  const content =
    kind === 'slack' ? { text: slackText(items, context) } : webhookBody(id, items, context);
  const body = JSON.stringify(content);
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': id,
    ...(secret !== undefined && { 'x-rollcall-signature': signatureOf(secret, body) }),
  };
  return { url, headers, body };
}

/** The HMAC-SHA256 of the body, in hexadecimal digits. */
function signatureOf(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function webhookBody(id: string, items: readonly NewsItem[], context: MessageContext): object {
  const more = items.length - MAX_ITEMS;
  return {
    id,
    gateway: context.gateway,
    events: items.slice(0, MAX_ITEMS).map((item) => eventOf(item, context)),
    ...(more > 0 && { more }),
  };
}

function eventOf({ kind, at, prefix, instance, text }: NewsItem, context: MessageContext): object {
  const { link, shareOf } = context;
  const explain = prefix === undefined ? undefined : explainLink(link, prefix);
  return {
    event: kind,
    at: new Date(at).toISOString(),
    message: text,
    ...(prefix !== undefined && { prefix: prefix || '/', ...shareOf(prefix) }),
    ...(instance !== undefined && {
      // An announcement may have any other field too.
      instance: { ...encodeAnnouncement(instance.announcement), sig: undefined, key: instance.key },
    }),
    ...(explain !== undefined && { explain }),
  };
}
