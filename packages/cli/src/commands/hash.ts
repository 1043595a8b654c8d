import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { hashApiKey, hashPassword } from '@rollcall/gateway';
import { EXIT_CODES } from '@rollcall/protocol';

interface HashOptions {
  readonly password?: true;
  readonly generate?: true;
}

/** `rollcall hash`: what a configuration holds of an API key, an admin token or a password. */
export function defineHash(command: Command): void {
  command
    .option('--password', 'hash a password for basic authentication, slowly and with a salt')
    .option('--generate', 'make a new API key or admin token, and print it before its hash')
    .addHelpText(
      'after',
      '\nThe secret is read from standard input, so that no list of processes shows it.',
    )
    .action(printHash);
}

async function printHash({ password, generate }: HashOptions): Promise<void> {
  if (generate) {
    const key = randomBytes(24).toString('base64url');
    console.log(`${key}\n${hashApiKey(key)}`);
    return;
  }
  const secret = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (secret === '') {
    console.error('rollcall: standard input is empty: it must hold the secret');
    process.exitCode = EXIT_CODES.ROLLCALL_CONFIG;
    return;
  }
  console.log(password ? await hashPassword(secret) : hashApiKey(secret));
}
