import { ConfigurationError } from '../errors/local-errors.ts';

/** C0 controls, DEL and everything that the URL parser would drop without a word. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/** A path that needs no parser to be joined: no dot segments, escapes or double slashes. */
const PLAIN_PATH = /^\/(?![./])(?:[\w~!$'()*,;:@+.-]|\/(?![./]))*(?:\?[\w~!$()*,;:@+=&%./-]*)?$/;

/** The schemes that a transport speaks, in the words of its messages. */
const HTTP = ['http', 'https'] as const;

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

  /**
   * @param schemes what the URL may begin with. @default http and https
   * @throws ConfigurationError when it is not an absolute URL of such a scheme, or holds credentials.
   */
  constructor(url: string | URL, schemes: readonly [string, string] = HTTP) {
    const parsed = parseUrl(String(url), 'baseUrl', schemes);
    this.origin = parsed.origin;
    this.prefix = this.origin + parsed.pathname.replace(/\/+$/, '');
    this.search = parsed.search.slice(1);
    this.#whole = this.origin + parsed.pathname;
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
 * @param schemes what it may begin with, where there is no base. @default http and https
 * @throws ConfigurationError when the target is not such a URL, or not one that the base allows.
 */
export function resolveUrl(
  target: string,
  base: BaseUrl | undefined,
  schemes: readonly [string, string] = HTTP,
): string {
  if (base !== undefined) return base.resolve(target);
  const url = parseUrl(target, 'url', schemes);
  url.hash = '';
  return url.href;
}

function parseUrl(
  text: string,
  option: 'baseUrl' | 'url',
  [plain, secure]: readonly [string, string],
): URL {
  if (option === 'url') refuseControls(text);
  const schemes = `${plain} or ${secure}`;
  if (CONTROL.test(text) || !URL.canParse(text)) {
    const hint = option === 'url' ? ' (the client has no baseUrl)' : '';
    throw refuse(option, `expected an absolute ${schemes} URL${hint}, found ${describe(text)}`);
  }
  const url = new URL(text);
  if (url.protocol !== `${plain}:` && url.protocol !== `${secure}:`) {
    throw refuse(option, `expected ${schemes}, found the scheme ${url.protocol.slice(0, -1)}`);
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

/**
 * Query values may be secrets: they are left out, as is all up to the `@` behind a user name and a
 * password. What is no URL may hold any sign in them.
 */
function describe(target: string): string {
  const isPath = /^\/(?![/\\])/.test(target);
  const path = (isPath ? target : target.replace(/^.*@/s, ''))
    .replace(/[?#].*$/s, '')
    .replace(CONTROL, '\ufffd');
  return `'${path.length > 80 ? `${path.slice(0, 80)}…` : path}'`;
}
