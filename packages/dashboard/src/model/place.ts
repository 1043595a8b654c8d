/** The address and port of an instance, as they stand in a URL. */
export function placeOf({
  address,
  port,
}: {
  readonly address: string;
  readonly port: number;
}): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
