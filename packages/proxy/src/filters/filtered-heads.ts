import type { ClientCertificate } from '../downstream/client-certificate.ts';
import type { ClientRequest } from '../exchange/client-request.ts';
import { checkStatus, hasNoBody, statusLineOf } from '../exchange/own-response.ts';
import type { OwnResponse } from '../exchange/own-response.ts';
import { without } from '../http1/fields.ts';
import { UNKNOWN_LENGTH } from '../message.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { Problem } from '../problems.ts';
import { FieldSet } from './field-set.ts';
import type { FilterRequest, FilterResponse } from './filter.ts';

// RFC 9112 §3.2.1, and no fragment.
const ORIGIN_FORM = /^\/[\x21\x22\x24-\x7e]*$/;

/** A request as filters see it, and what they make of it. Its fields are read when a filter first asks for them. */
export class FilteredRequest implements FilterRequest {
  readonly #request: ClientRequest;
  readonly route: string | undefined;
  #upstreamTarget: string;
  #consumer: string | undefined;
  #fields: FieldSet | undefined;

  constructor(request: ClientRequest, upstreamTarget: string, route: string | undefined) {
    this.#request = request;
    this.route = route;
    this.#upstreamTarget = upstreamTarget;
  }

  get method(): string {
    return this.#request.head.method;
  }

  get host(): string {
    return this.#request.head.host;
  }

  get target(): string {
    return this.#request.head.target;
  }

  get upstreamTarget(): string {
    return this.#upstreamTarget;
  }

  set upstreamTarget(target: string) {
    if (!ORIGIN_FORM.test(target))
      throw new TypeError(`${JSON.stringify(target)} is not a path and query`);
    this.#upstreamTarget = target;
  }

  get clientAddress(): string {
    return this.#request.clientAddress;
  }

  get isSecure(): boolean {
    return this.#request.isSecure;
  }

  get consumer(): string | undefined {
    return this.#consumer;
  }

  set consumer(name: string | undefined) {
    this.#consumer = name;
    if (this.#request.record !== undefined) this.#request.record.consumer = name;
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#request.clientCertificate;
  }

  get requestId(): string {
    return this.#request.id;
  }

  get fields(): FieldSet {
    return (this.#fields ??= new FieldSet(this.#request.head.fields));
  }

  /** Returns the head for the upstream. */
  filteredHead(): RequestHead {
    const { head } = this.#request;
    return this.#fields?.isChanged === true ? { ...head, fields: this.#fields.toLines() } : head;
  }

  /**
   * Returns the trailers for the upstream: without fields that filters have set or dropped in the head, because a recipient
   * that merges trailers into the head (RFC 9110 §6.5.1) would believe the client instead.
   */
  filteredTrailers(lines: string): string {
    return this.#fields === undefined ? lines : without(lines, this.#fields.decided);
  }
}

/** The head of a response as filters see it, and what they make of it. */
export class FilteredResponse implements FilterResponse {
  readonly #head: ResponseHead;
  readonly #ownBody: Uint8Array | undefined;
  #body: Uint8Array | undefined;
  #status: number;
  #fields: FieldSet | undefined;
  readonly problem: Problem | undefined;

  /** @param own a response that the proxy makes itself */
  constructor(head: ResponseHead, own?: OwnResponse) {
    this.#head = head;
    this.problem = own?.problem;
    this.#status = head.status;
    this.#ownBody = own?.body;
    this.#body = own?.body;
  }

  get body(): Uint8Array | undefined {
    return this.#body;
  }

  set body(body: Uint8Array | undefined) {
    if (this.#ownBody === undefined || body === undefined || hasNoBody(this.#status))
      throw new TypeError('the body of this response cannot be set');
    this.#body = body;
  }

  get status(): number {
    return this.#status;
  }

  set status(status: number) {
    checkStatus(status);
    if (hasNoBody(status) !== hasNoBody(this.#head.status))
      throw new RangeError(`a response cannot change from ${this.#head.status} to ${status}`);
    this.#status = status;
  }

  get fields(): FieldSet {
    return (this.#fields ??= new FieldSet(this.#head.fields));
  }

  /**
   * Returns the head for the client.
   * @param isHead whether the request is a HEAD. If its response is encoded, that of a GET would be of another length
   */
  filteredHead(isTransformed: boolean, isHead: boolean): ResponseHead {
    const head = this.#head;
    let fields = this.#fields?.isChanged === true ? this.#fields.toLines() : head.fields;
    if (isTransformed || (isHead && this.#isEncoded()))
      fields = without(fields, ['content-length']);
    const statusLine = this.#status === head.status ? head.statusLine : statusLineOf(this.#status);
    let length = isTransformed ? UNKNOWN_LENGTH : head.length;
    if (this.#body !== this.#ownBody && this.#body !== undefined) {
      length = this.#body.length;
      fields = `${without(fields, ['content-length'])}content-length: ${length}\r\n`;
    }
    const hasDate = this.#fields?.has('date') ?? head.hasDate;
    const hasRequestId = this.#fields?.has('x-request-id') ?? head.hasRequestId;
    return { ...head, status: this.#status, statusLine, fields, length, hasDate, hasRequestId };
  }

  #isEncoded(): boolean {
    const encoding = this.#fields?.get('content-encoding');
    return (
      encoding !== undefined && encoding !== new FieldSet(this.#head.fields).get('content-encoding')
    );
  }
}
