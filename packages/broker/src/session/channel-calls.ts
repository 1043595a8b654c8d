import type { ClientFrame } from '@rollcall/protocol/pusher';
import type { MaybePromise } from '../app/maybe-promise.ts';
import { UnavailableError } from '../app/unavailable-error.ts';

/** A frame that waits until the app has answered an earlier one about the same channel. */
export interface HeldFrame {
  readonly frame: Extract<ClientFrame, { readonly channel: string }>;
  /** Length of the text that the frame was parsed from. */
  readonly size: number;
  /** In milliseconds of the session's clock. */
  readonly receivedAt: number;
}

/** What all held frames of a client may take, in characters. */
export const MAX_HELD_SIZE = 262_144;

/** What a held frame takes besides its text, roughly. */
const OVERHEAD = 200;

export interface ChannelCallsOptions {
  /** Is given the frames that were held for a channel, in order, when the app has answered. */
  readonly release: (channel: string, held: readonly HeldFrame[]) => void;
  /** Is given any error but an {@link UnavailableError}, if it comes later. */
  readonly onError: (error: unknown) => void;
}

/**
 * The calls of one client to its app about channels, one at a time for each channel. While a call is pending, frames about
 * its channel are held. An app that answers at once costs nothing: then no frame is ever held, and nothing is allocated.
 */
export class ChannelCalls {
  readonly #options: ChannelCallsOptions;
  /** By channel with a pending call. */
  #held: Map<string, HeldFrame[]> | undefined;
  #heldSize = 0;

  constructor(options: ChannelCallsOptions) {
    this.#options = options;
  }

  isPending(channel: string): boolean {
    return this.#held?.has(channel) === true;
  }

  /** Calls the app about a channel that has no pending call, and handles the answer now or when it comes. */
  call<T>(
    channel: string,
    call: () => MaybePromise<T>,
    handle: (result: T | UnavailableError) => void,
  ): void {
    const answer = attempt(call);
    if (answer instanceof Promise) void this.#handleLater(channel, answer, handle);
    else handle(answer);
  }

  /** Holds a frame about a channel with a pending call. Returns whether there is room for it. */
  hold(held: HeldFrame): boolean {
    const size = held.size + OVERHEAD;
    if (this.#heldSize + size > MAX_HELD_SIZE) return false;
    this.#heldSize += size;
    this.#held?.get(held.frame.channel)?.push(held);
    return true;
  }

  async #handleLater<T>(
    channel: string,
    answer: Promise<T>,
    handle: (result: T) => void,
  ): Promise<void> {
    this.#held ??= new Map();
    this.#held.set(channel, []);
    try {
      handle(await answer);
    } catch (error) {
      this.#options.onError(error);
    }
    const held = this.#held.get(channel) ?? [];
    this.#held.delete(channel);
    for (const { size } of held) this.#heldSize -= size + OVERHEAD;
    try {
      this.#options.release(channel, held);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

/** Calls an app. An {@link UnavailableError} becomes a result. */
export function attempt<T>(call: () => MaybePromise<T>): MaybePromise<T | UnavailableError> {
  try {
    const answer = call();
    return answer instanceof Promise ? answer.catch(asResult) : answer;
  } catch (error) {
    return asResult(error);
  }
}

function asResult(error: unknown): UnavailableError {
  if (error instanceof UnavailableError) return error;
  throw error;
}
