import { ConfigurationError } from '../errors/local-errors.ts';

/** A header's value. `undefined` and `null` leave it out; an array is one list, joined by commas. */
export type HeaderValue = string | number | boolean | readonly string[] | null | undefined;

/** Headers as people write them: names in any case. */
export type HeadersInit =
  | Readonly<Record<string, HeaderValue>>
  | Iterable<readonly [name: string, value: HeaderValue]>;

/** A token of RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What a field value may hold (RFC 9110, section 5.5): visible bytes, spaces and tabs. */
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * The headers with names in lower case.
 *
 * @throws ConfigurationError when a name or value cannot be sent as it is (nothing is stripped), or
 * when two names differ in case alone.
 */
export function normalizeHeaders(headers: HeadersInit): Record<string, string> {
  const result: Record<string, string> = {};
  if (typeof headers !== 'object' || headers === null) {
    const message = `expected headers by name, found ${headers === null ? 'null' : typeof headers}`;
    throw new ConfigurationError(`Cannot send the request: headers: ${message}`, {
      issues: [{ option: 'headers', message }],
    });
  }
  const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of entries as Iterable<readonly [string, HeaderValue]>) {
    if (value === undefined || value === null) continue;
    const key = checkHeaderName(name);
    const text = Array.isArray(value) ? value.join(key === 'cookie' ? '; ' : ', ') : String(value);
    if (typeof value === 'object' && !Array.isArray(value)) {
      throw refuse(key, 'expected text, a number, a boolean or a list, found an object');
    }
    checkHeaderValue(key, text);
    if (Object.hasOwn(result, key)) {
      throw refuse(key, 'expected it once, found it twice in different case');
    }
    setHeader(result, key, text);
  }
  return result;
}

/** Whether text is a token of RFC 9110, as every header name is. */
export function isHeaderName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The name in lower case.
 *
 * @throws ConfigurationError when it is not a token of RFC 9110.
 */
export function checkHeaderName(name: string): string {
  if (isHeaderName(name)) return name.toLowerCase();
  throw refuse(
    JSON.stringify(name.slice(0, 40)),
    'expected a header name, found characters that no name may hold',
  );
}

/** @throws ConfigurationError when the value holds a control character or one beyond U+00FF. */
export function checkHeaderValue(name: string, value: string): void {
  const index = value.search(NOT_VALUE);
  if (index < 0) return;
  const code = value.codePointAt(index) ?? 0;
  throw refuse(
    name,
    `expected visible Latin-1 characters, found U+${code.toString(16).toUpperCase().padStart(4, '0')} at index ${index}`,
  );
}

function setHeader(headers: Record<string, string>, name: string, value: string): void {
  // `__proto__` is a valid token: assigned plainly, it would be lost.
  if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true });
  else headers[name] = value;
}

function refuse(name: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot send the request: header ${name}: ${message}`, {
    issues: [{ option: `headers.${name}`, message }],
  });
}
