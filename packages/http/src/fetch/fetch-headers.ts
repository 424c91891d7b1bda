import { inspect, type InspectOptions } from 'node:util';
import { redactHeaders, type ResponseHeaders } from '@linkspan/core';

type Entry = [name: string, value: string];

/** A field name is a token of RFC 9110. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The headers of an answer as `Headers` shows them, read from where they are and not copied: a
 * library mostly asks for two of them. They are immutable, as those of a fetched `Response` are.
 */
export class FetchHeaders implements Headers {
  static {
    // What the console shows: the values of the well-known harmless ones alone.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: FetchHeaders, _depth: number, options: InspectOptions): string {
        return `Headers ${inspect(redactHeaders(this.#fields), options)}`;
      },
    });
  }
  readonly #fields: ResponseHeaders;
  /** In their order, once somebody has asked for all of them. */
  #names: readonly string[] | undefined;

  constructor(fields: ResponseHeaders) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    const value = this.#read(name);
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }

  has(name: string): boolean {
    return this.#read(name) !== undefined;
  }

  getSetCookie(): string[] {
    const value = this.#read('set-cookie');
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : [...value];
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this.#entries()) callback.call(self, value, name, this);
  }

  entries(): ArrayIterator<Entry> {
    return this.#entries().values();
  }

  keys(): ArrayIterator<string> {
    return this.#entries()
      .map(([name]) => name)
      .values();
  }

  values(): ArrayIterator<string> {
    return this.#entries()
      .map(([, value]) => value)
      .values();
  }

  [Symbol.iterator](): ArrayIterator<Entry> {
    return this.entries();
  }

  append(): never {
    throw immutable();
  }

  set(): never {
    throw immutable();
  }

  delete(): never {
    throw immutable();
  }

  #read(name: string): string | readonly string[] | undefined {
    if (Object.hasOwn(this.#fields, name)) return this.#fields[name];
    if (!NAME.test(name)) {
      throw new TypeError(
        `Cannot read the header: expected a header name, found ${JSON.stringify(name)}`,
      );
    }
    const lower = name.toLowerCase();
    return Object.hasOwn(this.#fields, lower) ? this.#fields[lower] : undefined;
  }

  /** By name, and one entry for each cookie: what the fetch standard calls "sort and combine". */
  #entries(): Entry[] {
    const entries: Entry[] = [];
    this.#names ??= Object.keys(this.#fields).toSorted();
    for (const name of this.#names) {
      const value = this.#fields[name];
      if (value === undefined) continue;
      if (typeof value === 'string') entries.push([name, value]);
      else if (name === 'set-cookie') for (const cookie of value) entries.push([name, cookie]);
      else entries.push([name, value.join(', ')]);
    }
    return entries;
  }
}

function immutable(): TypeError {
  return new TypeError('Cannot change the headers of an answer: they are immutable');
}
