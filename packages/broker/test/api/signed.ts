import { createHash, createHmac } from 'node:crypto';
import { requestStringToSign } from '@rollcall/protocol/pusher';

export interface Signed {
  readonly secret: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** The query as it is, with its signature. What is wrong in it is signed for, too. */
export function sign({ secret, method, path, query }: Signed): Map<string, string> {
  const text = requestStringToSign(method, path, Object.entries(query));
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  return new Map([...Object.entries(query), ['auth_signature', signature]]);
}

export function md5(body: string): string {
  return createHash('md5').update(body).digest('hex');
}
