/** A subject without subscribers is listened to for as long, because clients come back. */
const HELD_MS = 10_000;

export interface ListenedSubjectsOptions {
  /** Resolves when nothing that is said from now on is missed. */
  readonly listen: (subject: string) => Promise<void>;
  readonly unlisten: (subject: string) => void;
}

interface ListenedSubject {
  subscribers: number;
  /** Set until the node is known to miss nothing. */
  listening: Promise<void> | undefined;
  /** Set while there are no subscribers. */
  timer: NodeJS.Timeout | undefined;
}

/** Subjects with subscribers on this node, to which it listens. */
export class ListenedSubjects {
  readonly #options: ListenedSubjectsOptions;
  readonly #subjects = new Map<string, ListenedSubject>();

  constructor(options: ListenedSubjectsOptions) {
    this.#options = options;
  }

  /** Adds a subscriber. Returns a promise until the node is known to miss nothing. */
  add(name: string): Promise<void> | undefined {
    const subject = this.#subjects.get(name) ?? this.#listen(name);
    subject.subscribers += 1;
    clearTimeout(subject.timer);
    return subject.listening;
  }

  remove(name: string): void {
    const subject = this.#subjects.get(name);
    if (subject === undefined) return;
    subject.subscribers -= 1;
    if (subject.subscribers > 0) return;
    subject.timer = setTimeout(() => {
      this.#subjects.delete(name);
      this.#options.unlisten(name);
    }, HELD_MS);
  }

  /** Listens to none any more. Subscribers that are removed later change nothing. */
  close(): void {
    for (const [name, { timer }] of this.#subjects) {
      clearTimeout(timer);
      this.#options.unlisten(name);
    }
    this.#subjects.clear();
  }

  #listen(name: string): ListenedSubject {
    const subject: ListenedSubject = { subscribers: 0, listening: undefined, timer: undefined };
    this.#subjects.set(name, subject);
    subject.listening = this.#options.listen(name).then(() => {
      subject.listening = undefined;
    });
    return subject;
  }
}
