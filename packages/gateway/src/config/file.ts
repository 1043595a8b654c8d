import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isRecord, RollcallError } from '@rollcall/protocol';
import * as v from 'valibot';
import type { FileConfig } from './config.ts';
import { configSchema } from './schema.ts';

/**
 * Reads a configuration from a JSON file, with the names of files from the folder that it is in.
 * @throws RollcallError ROLLCALL_CONFIG, in one line with the place of the first fault
 */
export function readConfigFile(file: string): FileConfig {
  const parsed = parseConfig(readJson(file), file);
  const { tls, instanceCa, adminTokenFile, snapshot } = parsed;
  const found = (path: string): string => resolve(dirname(file), path);
  return {
    ...parsed,
    ...(tls !== undefined && { tls: { cert: found(tls.cert), key: found(tls.key) } }),
    ...(instanceCa !== undefined && { instanceCa: found(instanceCa) }),
    ...(adminTokenFile !== undefined && { adminTokenFile: found(adminTokenFile) }),
    ...(snapshot !== undefined && { snapshot: snapshot === 'none' ? snapshot : found(snapshot) }),
  };
}

/** Settings laid over others: of what is an object only what is given, all else whole. */
export function layered(layers: readonly FileConfig[]): FileConfig {
  return layers.reduce<Record<string, unknown>>((below, above) => overlaid(below, above), {});
}

function overlaid(below: Record<string, unknown>, above: object): Record<string, unknown> {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = result[key];
    // What is told apart by a type is one value.
    const isWhole = !isRecord(value) || !isRecord(under) || 'type' in value;
    result[key] = isWhole ? value : overlaid(under, value);
  }
  return result;
}

/**
 * One setting of what a configuration file may hold, such as `limits.answerMs=1000`: the value is JSON, or
 * else text as it stands.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function parseSetting(setting: string): FileConfig {
  const [, path, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
  if (path === undefined || value === undefined)
    throw misconfigured(
      `${JSON.stringify(setting)} must be KEY=VALUE, such as limits.answerMs=1000`,
    );
  const nested = path
    .split('.')
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), jsonOrText(value));
  return parseConfig(nested, setting);
}

function parseConfig(input: unknown, source: string): FileConfig {
  const { success, output, issues } = v.safeParse(configSchema, input, { abortEarly: true });
  if (success) return output;
  const [{ message }] = issues;
  const path = v.getDotPath(issues[0]);
  throw misconfigured(`${source}: ${path ?? 'it'} ${message}`);
}

function readJson(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw misconfigured(`${file} cannot be read: ${why}`, cause);
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw misconfigured(
      `${file} is not JSON: ${cause instanceof Error ? cause.message : ''}`,
      cause,
    );
  }
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function misconfigured(message: string, cause?: unknown): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message, { cause });
}
