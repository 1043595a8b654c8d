import { createDataPlane } from '../data-plane.ts';
import type { DataPlane } from '../data-plane.ts';
import { parseToWorker } from './messages.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Replica } from './replica.ts';

/** A data plane in a process of its own, over a table that its primary keeps. */
export class Worker {
  readonly #send: (message: FromWorker) => void;
  #serving: { readonly plane: DataPlane; readonly replica: Replica } | undefined;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** Takes a message. Resolves to whether the worker has closed. */
  async receive(input: unknown): Promise<boolean> {
    const message = parseToWorker(input, performance.timeOrigin);
    if (message.type === 'begin') await this.#begin(message);
    if (message.type === 'changed') this.#change(message);
    if (message.type === 'configure') this.#serving?.plane.configure(message.settings);
    if (message.type !== 'close') return false;
    await this.#serving?.plane.close();
    return true;
  }

  async #begin({ settings, table, host, port }: ToWorker & { type: 'begin' }): Promise<void> {
    const replica = new Replica(table);
    const plane = createDataPlane({
      settings,
      table: replica,
      onUnreachable: ({ key }, verdict) => this.#send({ type: 'witnessed', key, verdict }),
    });
    this.#serving = { plane, replica };
    await plane.listen(port, host);
    this.#send({ type: 'listening' });
  }

  #change({ number, change }: ToWorker & { type: 'changed' }): void {
    this.#serving?.replica.apply(change);
    this.#serving?.plane.changed(change);
    this.#send({ type: 'applied', number });
  }
}
