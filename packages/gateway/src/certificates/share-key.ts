import { RollcallError } from '@rollcall/protocol';
import { readTextFile } from '@rollcall/runtime';

const BYTES = 32;

/**
 * Reads the key that gateways share.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function readShareKey(file: string): string {
  const text = readTextFile(file).trim();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === BYTES && bytes.toString('base64') === text) return text;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    `${file} must hold 32 bytes in base64, such as the output of "openssl rand -base64 32"`,
  );
}
