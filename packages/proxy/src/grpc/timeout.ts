import { fieldValue } from '../http1/fields.ts';

const FORM = /^(?<value>[0-9]{1,8})(?<unit>[HMSmun])$/;
const MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Returns how many milliseconds a call may take by its `grpc-timeout`: Infinity if it has none that is valid. */
export function grpcTimeoutMs(fields: string): number {
  const { value, unit } = FORM.exec(fieldValue(fields, 'grpc-timeout') ?? '')?.groups ?? {};
  return value === undefined || unit === undefined ? Infinity : Number(value) * (MS[unit] ?? 0);
}
