import type { Voice, VoiceContext } from './voice.ts';

/** Seconds. Probes find crashes; this bounds how long others take to learn of it again if they forgot. */
export const DEFAULT_TTL = 300;
/** Until the first attempt to renew again what could not be renewed. */
const RETRY_MS = 1000;

/**
 * Keeps an owner known by saying it again every third of its ttl: for who can send HTTP requests and
 * hold no connection.
 */
export function leaseMode({ owner, say, onFault }: VoiceContext): Voice {
  const every = ((owner.announcement.ttl ?? DEFAULT_TTL) * 1000) / 3;
  let timer: NodeJS.Timeout | undefined;
  let isQuiet = false;

  function renewAfter(wait: number, retry: number): void {
    if (!isQuiet) timer = setTimeout(() => void renew(retry), wait);
  }

  async function renew(retry: number): Promise<void> {
    try {
      await say();
      renewAfter(every, RETRY_MS);
    } catch (error) {
      if (isQuiet) return;
      onFault(error instanceof Error ? error : new Error(String(error)));
      renewAfter(Math.min(retry, every), retry * 2);
    }
  }

  function quiet(): void {
    isQuiet = true;
    clearTimeout(timer);
  }

  return {
    async start() {
      await say();
      renewAfter(every, RETRY_MS);
    },
    // The next renewal says it again.
    changed() {},
    quiet,
    stop: quiet,
  };
}
