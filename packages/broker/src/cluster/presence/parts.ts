import { isRecord } from '@rollcall/protocol';

/** A key of a part, and its value; `null` is one that is there no more. */
export type Entry = readonly [key: string, value: string | number | null];

/** What one node says of its own clients, by key. */
type Part = Map<string, string | number>;

/** Entries of one payload. Each has up to 1.4 KB, and NATS carries messages of 1 MiB by default. */
const MAX_ENTRIES = 200;

/** Own beats after which a part that was asked for and has not come is asked for again. */
const ASK_BEATS = 4;

/** What nodes say of their parts, in the order in which they say it. */
export type PartPayload =
  /** Entries that have changed. */
  | { readonly changed: readonly Entry[] }
  /** A piece of all entries. Pieces follow each other directly. */
  | { readonly all: readonly Entry[]; readonly piece: number; readonly pieces: number }
  /** A node lacks the part of another. */
  | { readonly ask: string }
  /** A node has no clients any more, and will say no more of them. */
  | { readonly leaves: true };

export interface PartsEffects {
  /** Says something to all nodes. */
  send(payload: PartPayload): void;
  /** An entry of another node has changed. */
  changed(node: string, key: string, value: string | number | null): void;
  /** Another node has no part, or none any more. */
  left(node: string): void;
}

/** The state of another node. */
interface Other {
  readonly part: Part;
  /** Whether the part is known whole. */
  isWhole: boolean;
  /** The pieces of all entries that have come so far. */
  pieces: (readonly Entry[])[];
  /** Beats since it was asked for. */
  askedBeats: number;
  /** Whether it has no part, because it does not serve what the part is about. */
  isAbsent: boolean;
}

/**
 * The clients of all nodes: each node says what its own do. It expects payloads in order and once, and a report
 * of what is lost: so a part is right, or asked for.
 */
export class Parts {
  readonly #node: string;
  readonly #effects: PartsEffects;
  readonly #maxEntries: number;
  readonly #own: Part = new Map();
  #pending = new Map<string, string | number | null>();
  readonly #others = new Map<string, Other>();
  #isAsked = false;

  /** @param maxEntries - of one payload */
  constructor(node: string, effects: PartsEffects, maxEntries: number = MAX_ENTRIES) {
    this.#node = node;
    this.#effects = effects;
    this.#maxEntries = maxEntries;
  }

  /** The other nodes that have a part, as far as is known. */
  get nodes(): readonly string[] {
    return [...this.#others].filter(([, { isAbsent }]) => !isAbsent).map(([node]) => node);
  }

  /** Whether the parts of all nodes that live are known. */
  get isWhole(): boolean {
    return [...this.#others.values()].every(({ isWhole }) => isWhole);
  }

  /** Sets an entry of this node. It is said with the next {@link Parts.flush}. */
  set(key: string, value: string | number | null): void {
    if (setEntry(this.#own, key, value)) this.#pending.set(key, value);
  }

  /** Says what has changed, and answers the nodes that asked. Called at the end of each turn. */
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
    const other = { part: new Map(), isWhole: false, pieces: [], askedBeats: 0, isAbsent: false };
    this.#others.set(node, other);
    this.#ask(node, other);
  }

  /** A node has no part. What it says next is of a part that was empty until then. */
  absent(node: string): void {
    const other = this.#others.get(node);
    if (other === undefined) return;
    other.isAbsent = true;
    other.pieces = [];
    this.#receiveAll(node, other);
    this.#effects.left(node);
  }

  /** Says that this node has no part any more. */
  leave(): void {
    this.#effects.send({ leaves: true });
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
    const { changed, all, piece, pieces, ask, leaves } = payload;
    if (leaves === true) return this.absent(node);
    other.isAbsent = false;
    if (ask === this.#node) this.#isAsked = true;
    if (areEntries(changed)) for (const entry of changed) this.#set(node, other, entry);
    if (!areEntries(all)) return;
    // A large part that is on its way is not asked for again.
    other.askedBeats = 0;
    // Without the pieces before it, a piece is of no use.
    other.pieces = piece === other.pieces.length ? [...other.pieces, all] : [];
    if (other.pieces.length === pieces) this.#receiveAll(node, other);
  }

  /** Called at each beat that this node hears of itself. */
  beat(): void {
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

  #receiveAll(node: string, other: Other): void {
    const all = new Map(other.pieces.flat());
    other.pieces = [];
    other.isWhole = true;
    // Only what differs, so that no present member is announced as gone.
    for (const key of other.part.keys()) {
      if (!all.has(key)) this.#set(node, other, [key, null]);
    }
    for (const entry of all) this.#set(node, other, entry);
  }

  #set(node: string, { part }: Other, [key, value]: Entry): void {
    if (setEntry(part, key, value)) this.#effects.changed(node, key, value);
  }
}

/** Sets an entry, or removes it. Returns whether it was another one. */
function setEntry(part: Part, key: string, value: string | number | null): boolean {
  if (part.get(key) === (value ?? undefined)) return false;
  if (value === null) part.delete(key);
  else part.set(key, value);
  return true;
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
