import type { Figures } from './comparison.ts';
import type { InstanceCounts } from './culprit.ts';

/** What is compared, in words. */
export interface ComparedFigures {
  readonly own: Figures;
  readonly old: Figures;
  /** The old versions. */
  readonly against: readonly string[];
}

/** Such as: version 1.4 */
export function nameOf(version: string): string {
  return version === '' ? 'instances without a version' : `version ${version}`;
}

/** Such as: 3.1 % of 1,204 requests failed, 0.1 % of 11,873 of version 1.4 */
export function failuresInWords({ own, old, against }: ComparedFigures): string {
  return `${rate(own)} of ${count(own.requests)} requests failed, ${rate(old)} of ${count(old.requests)} of ${names(against)}`;
}

/** Such as: it is compared anew without 10.0.0.7 8080, where 9 of 31 requests failed, unlike at its other instances */
export function excusedInWords({ key, requests, failures }: InstanceCounts): string {
  return `it is compared anew without ${key}, where ${count(failures)} of ${count(requests)} requests failed, unlike at its other instances`;
}

/** Such as: half of its responses took longer than 26 ms, 20 ms with version 1.4; one in twenty 80 ms, 61 ms */
export function latencyInWords({ own, old, against }: ComparedFigures): string {
  return `half of its responses took longer than ${ms(own.medianMs)}, ${ms(old.medianMs)} with ${names(against)}; one in twenty ${ms(own.p95Ms)}, ${ms(old.p95Ms)}`;
}

/** Such as: 5 % */
export function percent(share: number): string {
  return `${number(share * 100)} %`;
}

function names(versions: readonly string[]): string {
  return versions.length === 0 ? 'the old version' : versions.map(nameOf).join(' and ');
}

function rate({ failures, requests }: Figures): string {
  return percent(requests === 0 ? 0 : failures / requests);
}

/** Two digits that say something, and no more than one after the point. */
function number(value: number): string {
  return value >= 10 || Number.isInteger(value)
    ? value.toFixed(0)
    : String(Number(value.toPrecision(2)));
}

function ms(value: number | undefined): string {
  return value === undefined ? 'an unknown time' : `${number(value)} ms`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
