import { ConfigurationError } from '@linkspan/core';

/** C0 controls, DEL and everything that the URL parser would drop without a word. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** A path that needs no parser to be joined: no dot segments, escapes or double slashes. */
const PLAIN_PATH = /^\/(?![./])(?:[\w~!$'()*,;:@+.-]|\/(?![./]))*(?:\?[\w~!$()*,;:@+=&%./-]*)?$/;

/** The origin that a client talks to, and the path that its requests are under. */
export class BaseUrl {
  /** `https://api.example.com` */
  readonly origin: string;
  /** The origin with the base path, without a slash at its end. */
  readonly prefix: string;
  /** Query parameters of the base URL, which every request gets; without the `?`. */
  readonly search: string;
  /** Origin and path as they were given: what an empty path means. */
  readonly #whole: string;

  /** @throws ConfigurationError when it is not an absolute http or https URL, or holds credentials. */
  constructor(url: string | URL) {
    const parsed = parseHttpUrl(String(url), 'baseUrl');
    this.origin = parsed.origin;
    this.prefix = parsed.origin + parsed.pathname.replace(/\/+$/, '');
    this.search = parsed.search.slice(1);
    this.#whole = parsed.origin + parsed.pathname;
  }

  /**
   * The absolute URL of a target. A path goes under the base path, with or without a slash at its
   * start: `users` and `/users` are `https://api.example.com/v1/users` for the base
   * `https://api.example.com/v1`. An absolute URL must be of the same origin.
   *
   * @throws ConfigurationError when the target leads to another origin or out of the base path.
   */
  resolve(target: string): string {
    if (this.search === '' && PLAIN_PATH.test(target)) return this.prefix + target;
    return this.#resolveWithParser(target);
  }

  #resolveWithParser(target: string): string {
    refuseControls(target);
    if (URL.canParse(target)) {
      const url = new URL(target);
      if (url.origin !== this.origin) throw this.#elsewhere(target);
      refuseCredentials(url, 'url');
      url.hash = '';
      return url.href;
    }
    const relative = target.replace(/^ +| +$/g, '');
    if (/^[/\\]{2}/.test(relative)) throw this.#elsewhere(target);
    if (!URL.canParse(target, this.origin)) {
      throw refuse('url', `expected a path or URL, found ${describe(target)}`);
    }
    if (new URL(target, this.origin).origin !== this.origin) throw this.#elsewhere(target);

    const isPath = relative !== '' && !/^[?#]/.test(relative);
    const url = new URL(
      isPath ? `${this.prefix}/${relative.replace(/^[/\\]/, '')}` : this.#whole + relative,
    );
    const within = url.origin + url.pathname;
    if (within !== this.prefix && !within.startsWith(`${this.prefix}/`)) {
      throw refuse('url', `the path climbs out of the base URL ${this.prefix}`);
    }
    if (this.search !== '') {
      url.search = url.search === '' ? this.search : `${this.search}&${url.search.slice(1)}`;
    }
    url.hash = '';
    return url.href;
  }

  #elsewhere(target: string): ConfigurationError {
    // `http:evil` is absolute alone, and a path beside a base of the same scheme.
    const base = URL.canParse(target) ? undefined : this.origin;
    const found = URL.canParse(target, base) ? new URL(target, base) : undefined;
    const where = found === undefined ? describe(target) : `${found.protocol}//${found.host}`;
    return refuse('url', `the base URL allows ${this.origin} alone, found ${where}`);
  }
}

/**
 * The absolute URL of a request: under the base where there is one, else the target itself.
 *
 * @throws ConfigurationError when the target is not an http or https URL that the base allows.
 */
export function resolveUrl(target: string, base: BaseUrl | undefined): string {
  if (base !== undefined) return base.resolve(target);
  const url = parseHttpUrl(target, 'url');
  url.hash = '';
  return url.href;
}

function parseHttpUrl(text: string, option: 'baseUrl' | 'url'): URL {
  if (option === 'url') refuseControls(text);
  if (CONTROL.test(text) || !URL.canParse(text)) {
    const hint = option === 'url' ? ' (the client has no baseUrl)' : '';
    throw refuse(option, `expected an absolute http or https URL${hint}, found ${describe(text)}`);
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refuse(option, `expected http or https, found the scheme ${url.protocol.slice(0, -1)}`);
  }
  refuseCredentials(url, option);
  return url;
}

function refuseControls(target: string): void {
  const index = target.search(CONTROL);
  if (index >= 0) throw refuse('url', `found a control character at index ${index}`);
}

function refuseCredentials(url: URL, option: 'baseUrl' | 'url'): void {
  if (url.username === '' && url.password === '') return;
  throw refuse(option, 'found a user name or password in it; use the option auth');
}

function refuse(option: 'baseUrl' | 'url', message: string): ConfigurationError {
  const subject = option === 'baseUrl' ? 'Cannot use the base URL' : 'Cannot send the request';
  return new ConfigurationError(`${subject}: ${message}`, { issues: [{ option, message }] });
}

/** Query values may be secrets: they are left out, as are user name and password. */
function describe(target: string): string {
  const path = target
    .replace(/[?#].*$/s, '')
    .replace(/\/\/[^/@]*@/, '//')
    .replace(CONTROL, '\ufffd');
  return `'${path.length > 80 ? `${path.slice(0, 80)}…` : path}'`;
}
