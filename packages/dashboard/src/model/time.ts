const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago or how long still, in one unit, as short as it can be read: `0.4 s`, `12 s`, `5 min`, `3 h`, `12 d`. */
export function span(milliseconds: number): string {
  const of = Math.max(0, milliseconds);
  if (of < SECOND) return `${(Math.floor(of / 100) / 10).toFixed(1)} s`;
  if (of < MINUTE) return `${Math.floor(of / SECOND)} s`;
  if (of < HOUR) return `${Math.floor(of / MINUTE)} min`;
  if (of < 2 * DAY) return `${Math.floor(of / HOUR)} h`;
  return `${Math.floor(of / DAY)} d`;
}

/** The time of day, as logs have it: `12:00:01`. */
export function clock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** For a tooltip: date and time to the millisecond. */
export function exactly(at: number): string {
  const time = new Date(at - new Date(at).getTimezoneOffset() * MINUTE);
  return time.toISOString().replace('T', ' ').replace('Z', '');
}
