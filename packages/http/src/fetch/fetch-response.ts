import type { ReadableStream } from 'node:stream/web';
import { inspect, type InspectOptions } from 'node:util';
import { redactUrl, type ResponseHeaders } from '@linkspan/core';
import type { FetchBody } from './fetch-body.ts';
import { FetchHeaders } from './fetch-headers.ts';

/** What an answer is known by. */
export interface FetchedHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The URL that answered, without its fragment. */
  readonly url: string;
  readonly redirected: boolean;
}

/**
 * An answer in the shape of the fetch standard, and an `instanceof Response`. It holds the answer as
 * it came: headers are looked up where they are, a web stream is made when `body` is asked for.
 */
export class FetchResponse implements Response {
  static {
    // What the console shows: nothing that may be a secret.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: FetchResponse, _depth: number, options: InspectOptions): string {
        const { status, statusText, ok, redirected, headers, bodyUsed } = this;
        const url = redactUrl(this.url);
        const shown = { status, statusText, ok, url, redirected, headers, bodyUsed };
        return `Response ${inspect(shown, options)}`;
      },
    });
  }
  readonly type = 'basic';
  readonly headers: Headers;
  readonly #head: FetchedHead;
  readonly #body: FetchBody | undefined;

  constructor(head: FetchedHead, body: FetchBody | undefined) {
    this.#head = head;
    this.#body = body;
    this.headers = new FetchHeaders(head.headers);
  }

  get status(): number {
    return this.#head.status;
  }

  get ok(): boolean {
    const { status } = this.#head;
    return status >= 200 && status <= 299;
  }

  /** The phrase that goes with the status; what the peer calls it instead is not read. */
  get statusText(): string {
    // Loading this module takes longer than all of ours; it is hardly ever asked for.
    const { STATUS_CODES } = process.getBuiltinModule('node:http');
    return STATUS_CODES[this.#head.status] ?? '';
  }

  get url(): string {
    return this.#head.url;
  }

  get redirected(): boolean {
    return this.#head.redirected;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#body?.isUsed ?? false;
  }

  clone(): FetchResponse {
    return new FetchResponse(this.#head, this.#body?.clone());
  }

  text(): Promise<string> {
    return this.#body?.text() ?? Promise.resolve('');
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as the platform's Response has it
  async json(): Promise<any> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch {
      // The engine's message holds a piece of the text, whatever is in it: it is not handed on.
      throw new SyntaxError('Cannot read the body as JSON: it is not valid');
    }
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#body?.bytes()) ?? new Uint8Array();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' });
  }

  async formData(): Promise<FormData> {
    const { headers } = this;
    const type = headers.get('content-type');
    return await new Response(await this.bytes(), {
      headers: type === null ? {} : { 'content-type': type },
    }).formData();
  }
}

/**
 * Makes answers and their headers what the platform calls a `Response` and `Headers`. It is not done
 * when this module is loaded: the platform loads its fetch when one of the two is first named, which
 * takes some 20 ms.
 */
export function adoptPlatformClasses(): void {
  for (const [ours, theirs] of [
    [FetchResponse, Response],
    [FetchHeaders, Headers],
  ] as const) {
    if (ours.prototype instanceof theirs) continue;
    Object.setPrototypeOf(ours.prototype, theirs.prototype);
    Object.defineProperty(ours.prototype, 'constructor', { value: theirs });
  }
}
