import { RollcallError } from '@rollcall/client';
import type { Environment } from '@rollcall/client';
import type { AccessLogSettings } from '@rollcall/gateway';

interface AccessLogFlags {
  readonly accessLog?: string;
  readonly accessLogSample?: string;
  readonly accessLogQuery?: true;
}

/**
 * What is to be written down of requests; nothing if it is off.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function accessLogSettings(
  flags: AccessLogFlags,
  env: Environment,
): AccessLogSettings | undefined {
  const to = flags.accessLog ?? (env['ROLLCALL_ACCESS_LOG'] || 'off');
  const sample = flags.accessLogSample ?? (env['ROLLCALL_ACCESS_LOG_SAMPLE'] || '1');
  if (to !== 'off' && to !== 'stdout' && to !== 'stderr') {
    throw bad('--access-log or ROLLCALL_ACCESS_LOG', to, 'stdout, stderr or off');
  }
  if (!/^(?:0(?:\.[0-9]{1,9})?|1(?:\.0{1,9})?)$/.test(sample)) {
    throw bad('--access-log-sample or ROLLCALL_ACCESS_LOG_SAMPLE', sample, 'from 0 to 1, as 0.01');
  }
  const hasQuery = flags.accessLogQuery ?? env['ROLLCALL_ACCESS_LOG_QUERY'] === '1';
  return to === 'off' ? undefined : { to, sample: Number(sample), hasQuery };
}

function bad(name: string, value: string, wanted: string): RollcallError {
  const message = `${name} is ${JSON.stringify(value)}; it must be ${wanted}`;
  return new RollcallError('ROLLCALL_CONFIG', message);
}
