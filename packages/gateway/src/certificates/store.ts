import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RollcallError } from '@rollcall/protocol';
import { replaceFile } from '@rollcall/runtime';
import { heldCertificate } from './pem.ts';
import type { HeldCertificate } from './pem.ts';

/** What an ACME account needs to go on after a restart: its key and the certificates, in files that only their owner can read. */
export interface CertificateStore {
  /** Returns the certificate of a name, if a usable one is kept. */
  load(name: string): Promise<HeldCertificate | undefined>;
  save(name: string, certificate: HeldCertificate): Promise<void>;
  /** Returns the key of the account, which it keeps when it is first made. */
  accountKey(create: () => Promise<string>): Promise<string>;
}

const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?-----END [A-Z ]*PRIVATE KEY-----\n?/;

/** @param folder of one ACME server. One file holds key and chain, so that they are never of two certificates. */
export function storeAt(folder: string): CertificateStore {
  const fileOf = (name: string): string => join(folder, `${name}.pem`);

  async function put(file: string, text: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await replaceFile(file, text);
  }

  return {
    async load(name) {
      const text = await readIfThere(fileOf(name));
      const [key] = KEY.exec(text ?? '') ?? [];
      return text === undefined || key === undefined
        ? undefined
        : heldCertificate(text.replace(KEY, ''), key, name);
    },
    save: (name, { cert, key }) => put(fileOf(name), `${key.trimEnd()}\n${cert.trimEnd()}\n`),
    async accountKey(create) {
      const file = join(folder, 'account-key.pem');
      const kept = await readIfThere(file);
      if (kept !== undefined) return kept;
      const key = await create();
      await put(file, key);
      return key;
    },
  };
}

/** Keeps nothing: each start of the gateway orders anew. */
export const NO_STORE: CertificateStore = {
  load: async () => undefined,
  save: async () => {},
  accountKey: (create) => create(),
};

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return undefined;
    throw new RollcallError('ROLLCALL_CONFIG', `cannot read ${file} (${code})`, { cause: error });
  }
}
