import { type Dispatcher, Pool } from 'undici';

/**
 * The least that the SDKs can be given for a `fetch`: undici's `dispatch`, one object for the handler,
 * the answer and its body, and nothing of what a fetch is held to: no clocks, no limits, no failures of
 * its own, no stream of the platform, no bytes that are the reader's own. What the SDKs cost above
 * this is what `createFetch()` can save at most.
 */
export function bareFetch(
  origin: string,
  connections: number,
): { readonly fetch: typeof globalThis.fetch; readonly close: () => Promise<void> } {
  const pool = new Pool(origin, { connections });
  const send = (url: string, init: RequestInit): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const request = {
        path: url.slice(origin.length),
        method: init.method as Dispatcher.HttpMethod,
        headers: [...(init.headers as Headers)].flat(),
        body: init.body as string,
      };
      pool.dispatch(request, new BareCall(url, init.signal as AbortSignal, resolve, reject));
    });
  return { fetch: send as typeof globalThis.fetch, close: () => pool.close() };
}

type Read = IteratorResult<Uint8Array, undefined>;

/** A call, its answer, the body of that, and the reader of the body. */
class BareCall implements Dispatcher.DispatchHandler {
  readonly ok = true;
  readonly url: string;
  status = 0;
  headers: BareHeaders | undefined;
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  readonly #chunks: Uint8Array[] = [];
  #reader: PromiseWithResolvers<Read> | undefined;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  #isOver = false;

  constructor(
    url: string,
    signal: AbortSignal,
    resolve: (answer: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.url = url;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.#controller?.abort(this.#signal.reason as Error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  onResponseStart(
    _controller: unknown,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = status;
    this.headers = new BareHeaders(headers as Record<string, string>);
    this.#resolve(this);
  }

  onResponseData(_controller: unknown, chunk: Uint8Array): void {
    if (this.#reader === undefined) this.#chunks.push(chunk);
    else this.#reader.resolve({ done: false, value: chunk });
    this.#reader = undefined;
  }

  onResponseEnd(): void {
    this.#leave();
    this.#reader?.resolve({ done: true, value: undefined });
    this.#ended.resolve();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#leave();
    this.#reject(error);
    this.#reader?.reject(error);
    this.#ended.resolve();
  }

  get body(): this {
    return this;
  }

  getReader(): this {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  read(): Promise<Read> {
    return this.next();
  }

  next(): Promise<Read> {
    const value = this.#chunks.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  cancel(): Promise<void> {
    if (!this.#isOver) this.#controller?.abort(new Error('The reader left'));
    return Promise.resolve();
  }

  async return(): Promise<Read> {
    await this.cancel();
    return { done: true, value: undefined };
  }

  releaseLock(): void {}

  async text(): Promise<string> {
    await this.#ended.promise;
    return Buffer.concat(this.#chunks).toString();
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  #leave(): void {
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this);
  }
}

class BareHeaders {
  static {
    // The openai SDK goes through every header of what it takes for `Headers`, though its log is off.
    Object.setPrototypeOf(this.prototype, Headers.prototype);
  }
  readonly #fields: Readonly<Record<string, string>>;

  constructor(fields: Readonly<Record<string, string>>) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    return this.#fields[name.toLowerCase()] ?? null;
  }

  entries(): ArrayIterator<[string, string]> {
    return Object.entries(this.#fields).values();
  }

  [Symbol.iterator](): ArrayIterator<[string, string]> {
    return this.entries();
  }
}
