import type { RequestHead } from './request-reader.ts';

/** How much of a body is kept; the rest is counted. */
const LONGEST_KEPT_BODY = 16 * 1024 * 1024;

/** One request as the server sees it. Its body grows while it arrives. */
export class SeenRequest {
  readonly method: string;
  /** The target of the request line: `/path?query`. */
  readonly target: string;
  /** Names in lower case. A field that repeats is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which connection it came over: 1 for the first that the server took. */
  readonly connection: number;
  readonly #chunks: Buffer[] = [];
  readonly #complete = Promise.withResolvers<void>();
  #waiters: { readonly bytes: number; readonly resolve: () => void }[] = [];
  #bodyBytes = 0;
  #isComplete = false;

  constructor(head: RequestHead, connection: number) {
    this.method = head.method;
    this.target = head.target;
    this.headers = head.headers;
    this.connection = connection;
  }

  /** What has come of the body, without the framing: up to 16 MiB. */
  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** How many bytes of the body have come. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Whether all of it has come. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Resolves when all of it has come. Pending for ever when the connection ends before. */
  get complete(): Promise<void> {
    return this.#complete.promise;
  }

  /** Resolves when so many bytes of the body have come, or all of it. */
  bodyArrival(bytes: number): Promise<void> {
    if (this.#bodyBytes >= bytes || this.#isComplete) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ bytes, resolve });
    });
  }

  /** @internal */
  take(bytes: Buffer): void {
    this.#bodyBytes += bytes.byteLength;
    if (this.#bodyBytes <= LONGEST_KEPT_BODY) this.#chunks.push(bytes);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.bytes > this.#bodyBytes) return true;
      waiter.resolve();
      return false;
    });
  }

  /** @internal */
  finish(): void {
    this.#isComplete = true;
    this.#complete.resolve();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }
}
