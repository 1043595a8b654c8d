/** Address and port of an instance as in a URL, such as `[::1]:3000`. */
export function hostPort({
  address,
  port,
}: {
  readonly address: string;
  readonly port: number;
}): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
