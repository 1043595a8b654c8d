interface PendingListen {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Promises of subjects that the engine has not confirmed yet. */
export class PendingListens {
  readonly #bySubject = new Map<string, PendingListen>();

  add(subject: string): Promise<void> {
    const known = this.#bySubject.get(subject);
    if (known !== undefined) return known.promise;
    let settle: (() => void) | undefined;
    const promise = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#bySubject.set(subject, { promise, resolve: () => settle?.() });
    return promise;
  }

  settle(subject: string): void {
    this.#bySubject.get(subject)?.resolve();
    this.#bySubject.delete(subject);
  }

  settleAll(): void {
    for (const subject of this.#bySubject.keys()) this.settle(subject);
  }
}
