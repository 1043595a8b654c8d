const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in one unit: `0.4 s`, `12 s`, `5 min`, `3 h`, `12 d`. */
export function formatSpan(milliseconds: number): string {
  const value = Math.max(0, milliseconds);
  if (value < SECOND) return `${(Math.floor(value / 100) / 10).toFixed(1)} s`;
  if (value < MINUTE) return `${Math.floor(value / SECOND)} s`;
  if (value < HOUR) return `${Math.floor(value / MINUTE)} min`;
  if (value < 2 * DAY) return `${Math.floor(value / HOUR)} h`;
  return `${Math.floor(value / DAY)} d`;
}

/** The time of day, such as `12:00:01`. */
export function formatClock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** Date and time to the millisecond, in the browser's time zone. */
export function formatExactly(at: number): string {
  const time = new Date(at - new Date(at).getTimezoneOffset() * MINUTE);
  return time.toISOString().replace('T', ' ').replace('Z', '');
}
