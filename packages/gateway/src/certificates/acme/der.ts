// The little of ASN.1 that certificates need (X.690), which Node can read but not write.

/** Encodes an element. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x1_00
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => element(0x30, ...contents);
export const set = (...contents: readonly Uint8Array[]): Buffer => element(0x31, ...contents);
export const octets = (bytes: Uint8Array): Buffer => element(0x04, bytes);
export const bits = (bytes: Uint8Array): Buffer => element(0x03, Buffer.from([0]), bytes);
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text));
export const TRUE: Buffer = element(0x01, Buffer.from([0xff]));
/** A context-specific tag around others. */
export const tagged = (number: number, ...contents: readonly Uint8Array[]): Buffer =>
  element(0xa0 + number, ...contents);

/** Encodes a whole number that is not negative. */
export function integer(bytes: Uint8Array): Buffer {
  const isHigh = (bytes[0] ?? 0) >= 0x80;
  return element(0x02, Buffer.from(isHigh ? [0] : []), bytes);
}

/** Encodes a time before 2050. */
export function utcTime(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return element(0x17, Buffer.from(text.slice(2)));
}

/** Encodes an object identifier such as `2.5.29.17`. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const groups = [first * 40 + second, ...others].map((part) => {
    const group = [part & 0x7f];
    for (let rest = part >> 7; rest > 0; rest >>= 7) group.unshift((rest & 0x7f) | 0x80);
    return group;
  });
  return element(0x06, Buffer.from(groups.flat()));
}

/** Encodes DER as PEM. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
