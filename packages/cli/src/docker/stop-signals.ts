import { constants } from 'node:os';

const { signals } = constants;
/** A container that is sent one of these is to end, even if its own stop signal is another one. */
const ALWAYS: ReadonlySet<number> = new Set([signals.SIGTERM, signals.SIGINT, signals.SIGKILL]);

/**
 * Whether a signal asks a container to end. Others, such as SIGHUP, ask it for something else.
 * @param sent as an engine names it: `15`, `TERM` or `SIGTERM`
 * @param stopSignal the container's own; empty for SIGTERM
 */
export function isStopSignal(sent: string, stopSignal: string): boolean {
  const number = numberOf(sent);
  return number !== undefined && (ALWAYS.has(number) || number === numberOf(stopSignal));
}

function numberOf(signal: string): number | undefined {
  if (/^[0-9]{1,2}$/.test(signal)) return Number(signal);
  const name = signal.toUpperCase();
  const [, from, distance] = /^(?:SIG)?RT(MIN\+|MAX-)([0-9]{1,2})$/.exec(name) ?? [];
  // As Docker counts them, and signal(7). Images with systemd have SIGRTMIN+3.
  if (from !== undefined) return from === 'MIN+' ? 34 + Number(distance) : 64 - Number(distance);
  const known: Readonly<Record<string, number>> = signals;
  return known[name.startsWith('SIG') ? name : `SIG${name}`];
}
