import { isRecord } from '@rollcall/protocol';
import { Part } from './part.ts';
import type { Entry } from './part.ts';

/** Entries of one payload, so that no message is too large for an engine. */
const MAX_ENTRIES = 1_000;

/** Own beats between two digests. */
const DIGEST_BEATS = 10;

/** Own beats after which a part that was asked for and has not come is asked for again. */
const ASK_BEATS = 4;

/** What nodes say of their parts, in the order in which they say it. */
export type PartPayload =
  /** Entries that have changed. */
  | { readonly changed: readonly Entry[] }
  /** A piece of all entries. Pieces follow each other directly. */
  | { readonly all: readonly Entry[]; readonly piece: number; readonly pieces: number }
  /** The digest of all entries at this point. */
  | { readonly digest: number }
  /** A node lacks the part of another. */
  | { readonly ask: string };

export interface PartsEffects {
  /** Says something to all nodes. */
  send(payload: PartPayload): void;
  /** An entry of another node has changed. */
  changed(node: string, key: string, value: string | number | null): void;
}

/** What is known of another node. */
interface Other {
  readonly part: Part;
  /** Whether the part is known whole. Changes count only from then on. */
  isWhole: boolean;
  /** The pieces of all entries that have come so far. */
  pieces: (readonly Entry[])[];
  /** Beats since it was asked for. */
  askedBeats: number;
}

/**
 * Who is where: what this node and all others say of their own clients. Each node numbers what it says, so a part is either
 * right or asked for. It expects payloads in order and once, and to be told of what is lost.
 */
export class Parts {
  readonly #node: string;
  readonly #effects: PartsEffects;
  readonly #maxEntries: number;
  readonly #own = new Part();
  #pending = new Map<string, string | number | null>();
  readonly #others = new Map<string, Other>();
  #isAsked = false;
  #beats = 0;

  /** @param maxEntries - of one payload */
  constructor(node: string, effects: PartsEffects, maxEntries: number = MAX_ENTRIES) {
    this.#node = node;
    this.#effects = effects;
    this.#maxEntries = maxEntries;
  }

  /** Whether the parts of all nodes that live are known. */
  get isWhole(): boolean {
    return [...this.#others.values()].every(({ isWhole }) => isWhole);
  }

  /** Sets an entry of this node. It is said with the next {@link Parts.flush}. */
  set(key: string, value: string | number | null): void {
    if (this.#own.set(key, value)) this.#pending.set(key, value);
  }

  /** Says what has changed, and answers those that asked. Called at the end of each turn. */
  flush(): void {
    const changed = [...this.#pending];
    this.#pending = new Map();
    if (this.#isAsked) {
      this.#isAsked = false;
      this.#sendAll();
      return;
    }
    for (const entries of this.#piecesOf(changed)) this.#effects.send({ changed: entries });
  }

  /** Whether {@link Parts.flush} has something to say. */
  get hasNews(): boolean {
    return this.#pending.size > 0 || this.#isAsked;
  }

  joined(node: string): void {
    const other = { part: new Part(), isWhole: false, pieces: [], askedBeats: 0 };
    this.#others.set(node, other);
    this.#ask(node, other);
  }

  /** A node lives no more: none of its clients is there. */
  gone(node: string): void {
    const other = this.#others.get(node);
    this.#others.delete(node);
    for (const [key] of other?.part.entries() ?? []) this.#effects.changed(node, key, null);
  }

  /** Something that a node has said is lost. Its part stays as it is known until it is said anew. */
  lost(node: string): void {
    const other = this.#others.get(node);
    if (other !== undefined) this.#ask(node, other);
  }

  receive(node: string, payload: unknown): void {
    const other = this.#others.get(node);
    if (other === undefined || !isRecord(payload)) return;
    const { changed, all, piece, pieces, digest, ask } = payload;
    if (ask === this.#node) this.#isAsked = true;
    else if (areEntries(changed)) this.#receiveChanges(node, other, changed);
    else if (areEntries(all)) {
      // Without the pieces before it, it is of no use.
      other.pieces = piece === other.pieces.length ? [...other.pieces, all] : [];
      if (other.pieces.length === pieces) this.#receiveAll(node, other);
    }
    else if (typeof digest === 'number' && other.isWhole && digest !== other.part.digest) {
      this.#ask(node, other);
    }
  }

  /** Called at each beat that this node hears of itself. */
  beat(): void {
    this.#beats += 1;
    if (this.#beats % DIGEST_BEATS === 0 && !this.hasNews) {
      this.#effects.send({ digest: this.#own.digest });
    }
    for (const [node, other] of this.#others) {
      if (other.isWhole) continue;
      other.askedBeats += 1;
      if (other.askedBeats >= ASK_BEATS) this.#ask(node, other);
    }
  }

  #ask(node: string, other: Other): void {
    other.isWhole = false;
    other.pieces = [];
    other.askedBeats = 0;
    this.#effects.send({ ask: node });
  }

  #sendAll(): void {
    const pieces = this.#piecesOf([...this.#own.entries()]);
    // An empty part is one piece, too.
    if (pieces.length === 0) pieces.push([]);
    for (const [index, all] of pieces.entries()) {
      this.#effects.send({ all, piece: index, pieces: pieces.length });
    }
  }

  #piecesOf(entries: readonly Entry[]): Entry[][] {
    const pieces: Entry[][] = [];
    for (let index = 0; index < entries.length; index += this.#maxEntries) {
      pieces.push(entries.slice(index, index + this.#maxEntries));
    }
    return pieces;
  }

  #receiveChanges(node: string, other: Other, entries: readonly Entry[]): void {
    if (!other.isWhole) return;
    for (const [key, value] of entries) this.#set(node, other, key, value);
  }

  #receiveAll(node: string, other: Other): void {
    const all = new Map(other.pieces.flat());
    other.pieces = [];
    other.isWhole = true;
    // Only what differs, so that nobody who is there is announced as gone.
    for (const [key] of [...other.part.entries()]) {
      if (!all.has(key)) this.#set(node, other, key, null);
    }
    for (const [key, value] of all) this.#set(node, other, key, value);
  }

  #set(node: string, { part }: Other, key: string, value: string | number | null): void {
    if (part.set(key, value)) this.#effects.changed(node, key, value);
  }
}

function areEntries(value: unknown): value is readonly Entry[] {
  return Array.isArray(value) && value.every((entry) => isEntry(entry));
}

function isEntry(entry: unknown): entry is Entry {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [key, value] = entry as readonly unknown[];
  return (
    typeof key === 'string' &&
    (value === null || typeof value === 'string' || typeof value === 'number')
  );
}
