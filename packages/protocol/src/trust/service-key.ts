/** What the public half of a service key looks like: 32 bytes in base64url. */
const PUBLIC_KEY = /^rpk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
/** 72 bits: another key with the same id cannot be found. */
const KEY_ID_LENGTH = 12;

/** Whether text is the public half of a service key. */
export function isPublicKey(text: string): boolean {
  return PUBLIC_KEY.test(text);
}

/** The id of a service key: the first characters of its public half. */
export function keyIdOf(publicKey: string): string {
  return publicKey.slice('rpk_'.length, 'rpk_'.length + KEY_ID_LENGTH);
}

/**
 * The id of an instance whose announcements a key signs: it ends in the key's id, so that no other key can use it, whether
 * before the instance or after it.
 */
export function idWithKey(id: string, publicKey: string): string {
  const end = `.${keyIdOf(publicKey)}`;
  return id.endsWith(end) ? id : id + end;
}

/** The id of the key at the end of an instance's id, or what stands in its place. */
export function keyIdIn(id: string): string | undefined {
  const at = id.length - KEY_ID_LENGTH;
  return at > 0 && id[at - 1] === '.' ? id.slice(at) : undefined;
}
