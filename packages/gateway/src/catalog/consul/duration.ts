const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const TERM = /([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g;

/** Parses a duration as Go's time.ParseDuration does, such as `1m30s`. Returns milliseconds. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, terms = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (terms === '0') return 0;
  if (terms === '' || terms.replace(TERM, '') !== '') return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of terms.matchAll(TERM))
    total += Number(amount) * (UNITS_MS[unit] ?? 0);
  return sign === '-' ? -total : total;
}
