/** A frame as a client sends it: masked (RFC 6455 §5.3). */
export function clientFrame(
  first: number,
  payload: readonly number[] | Uint8Array | string = '',
): Buffer {
  const mask = [1, 2, 3, 4];
  const plain = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
  const head =
    plain.length < 126
      ? [first, 0x80 | plain.length]
      : [first, 0x80 | 126, plain.length >> 8, plain.length & 0xff];
  const masked = plain.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([...head, ...mask]), masked]);
}
