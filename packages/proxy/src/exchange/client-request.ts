import type { Context } from '../context.ts';
import type { ClientCertificate } from '../downstream/client-certificate.ts';
import type { ForwardedFields } from '../downstream/forwarded-fields.ts';
import { isGrpc } from '../grpc/status.ts';
import { fieldValue } from '../http1/fields.ts';
import type { RequestHead } from '../message.ts';
import type { RequestView } from '../proxy.ts';
import { RequestRecord } from './request-record.ts';

/** Stands for a request of HTTP/1 whose head could not be read. */
export const UNREADABLE: RequestHead = {
  method: '',
  target: '',
  version: '1.1',
  host: '',
  fields: '',
  forwardedFields: '',
  length: 0,
  expectsContinue: false,
  upgrades: false,
  takesTrailers: false,
  via: '',
  traceparent: '',
  maxForwards: Infinity,
};

/** Stands for a request of HTTP/2 whose head could not be read. */
export const UNREADABLE_HTTP2: RequestHead = { ...UNREADABLE, version: '2' };

/** What is kept of a request to be sent to a mirror: see `mirror/request-copy.ts`. */
interface RequestCopy {
  add(parts: readonly Buffer[]): void;
  send(): void;
  end(): void;
}

/** A client's request: what decisions and filters see of it, and what is recorded of it. */
export class ClientRequest implements RequestView {
  /** It includes the fields of a trusted proxy, so that decisions and filters see them. */
  readonly head: RequestHead;
  /** Undefined unless `onRequestEnd` is set. */
  readonly record: RequestRecord | undefined;
  /** The filters of its route, which learn that it is over. Undefined if it has none. */
  filters: { end(): void } | undefined;
  /** Its copy, if it is mirrored. */
  copy: RequestCopy | undefined;
  readonly #forwarded: ForwardedFields;
  readonly #context: Context;
  #id = '';

  constructor(head: RequestHead, forwarded: ForwardedFields, context: Context) {
    const passed = forwarded.passed(head);
    this.head = passed === '' ? head : { ...head, fields: head.fields + passed };
    this.#forwarded = forwarded;
    this.#context = context;
    const { onRequestEnd, onRequestStart } = context;
    if (onRequestEnd === undefined) return;
    this.record = new RequestRecord(head, this.clientAddress, this.id);
    if (head.method !== '') this.record.trace = onRequestStart?.(this.record.traceparent);
  }

  get method(): string {
    return this.head.method;
  }

  get host(): string {
    return this.head.host;
  }

  get target(): string {
    return this.head.target;
  }

  get clientAddress(): string {
    return this.#forwarded.clientAddress(this.head);
  }

  get isSecure(): boolean {
    return this.#forwarded.isSecure(this.head);
  }

  /** Whether it is a call of gRPC. */
  get isGrpc(): boolean {
    return isGrpc(this.head.fields);
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#forwarded.clientCertificate;
  }

  field(name: string): string | undefined {
    return fieldValue(this.head.fields, name);
  }

  /** Looked up or made when it is first needed. */
  get id(): string {
    if (this.#id === '') {
      this.#id = this.#forwarded.requestId(this.head) ?? this.#context.requestIds.next();
    }
    return this.#id;
  }

  /** The lines that say where the request comes from, for the upstream. */
  get forwardedLines(): string {
    return this.#forwarded.lines(this.head);
  }

  /** What was stripped from the path before the request came here. */
  get forwardedPrefix(): string {
    return this.#forwarded.forwardedPrefix(this.head);
  }

  /** @param isComplete the response was written to its end */
  end(isComplete: boolean): void {
    const { record } = this;
    this.filters?.end();
    this.copy?.end();
    if (record === undefined) return;
    record.ended(isComplete);
    record.trace?.ended(record);
    this.#context.onRequestEnd?.(record);
  }
}
