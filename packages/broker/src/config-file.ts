import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RollcallError } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import * as v from 'valibot';
import { configSchema } from './config-schema.ts';
import type { ConfigFile, TlsFiles } from './config-schema.ts';
import type { BrokerOptions } from './options.ts';

/**
 * Reads the options of a broker from a JSON file: those of {@link BrokerOptions}, with the names of
 * files, from the folder it is in, as `tls.cert` and `tls.key`.
 *
 * @throws {@link RollcallError} `ROLLCALL_CONFIG`
 */
export async function readConfigFile(file: string): Promise<BrokerOptions> {
  const { tls, ...options } = parse(file, await read(file));
  if (tls === undefined) return options;
  const folder = dirname(file);
  const paths = { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) };
  return { ...options, tls: await readTlsFiles(paths) };
}

/** @throws {@link RollcallError} `ROLLCALL_CONFIG` */
export async function readTlsFiles(files: TlsFiles): Promise<{ cert: string; key: string }> {
  return { cert: await read(files.cert), key: await read(files.key) };
}

function parse(file: string, content: string): ConfigFile {
  const json = readJson(content);
  if (json === undefined) throw misconfigured(`${file} is not JSON`);
  const { success, output, issues } = v.safeParse(configSchema, json, { abortEarly: true });
  if (success) return output;
  const [{ message }] = issues;
  // Never what the value is: it may be a secret in the wrong place.
  throw misconfigured(`${file}: ${v.getDotPath(issues[0]) ?? 'it'} ${message}`);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new RollcallError('ROLLCALL_CONFIG', `cannot read ${file} (${reason})`, { cause });
  }
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
