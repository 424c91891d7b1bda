import { LinkspanError } from '../errors/linkspan-error.ts';
import { ConfigurationError } from '../errors/local-errors.ts';
import { AuthenticationError } from '../errors/status-error.ts';
import { type Secret, secret } from '../secrets/secret.ts';
import type { TransportRequest } from '../transport.ts';
import type { AuthHeaders, AuthRefresh, SecretSource } from './auth.ts';
import { checkHeaderValue, type HeadersInit, normalizeHeaders } from './request-headers.ts';

/** How credentials become headers: by a function of the request, or one secret in one header. */
export type AuthScheme =
  | { readonly headers: AuthHeaders }
  | {
      readonly header: string;
      readonly source: SecretSource;
      readonly write: (value: string) => string;
    };

/** The credentials of one client: they sign its requests, and one refresh serves all its calls. */
export class Credentials {
  /** Counts the refreshes: a 401 to a request that was signed before the last one is old news. */
  version = 0;
  readonly canRefresh: boolean;
  readonly #scheme: AuthScheme;
  readonly #refresh: AuthRefresh['refresh'];
  #fresh: Secret | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(scheme: AuthScheme, refresh: AuthRefresh['refresh']) {
    this.#scheme = scheme;
    this.#refresh = refresh;
    this.canRefresh = refresh !== undefined;
  }

  /** Whether the request brings credentials of its own, which are left as they are. */
  areOwnOf(request: TransportRequest): boolean {
    const scheme = this.#scheme;
    return 'header' in scheme && request.headers?.[scheme.header] !== undefined;
  }

  /**
   * The headers of the moment for a request; at once where nothing has to be waited for.
   *
   * @throws ConfigurationError when the function that gives the credentials fails, or gives what no
   * header can hold. A `LinkspanError` of its own is handed on.
   */
  headersFor(
    request: TransportRequest,
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>> {
    if (this.#refreshing !== undefined) return this.#headersAfterRefresh(request);
    try {
      const headers = this.#readScheme(request);
      if (!(headers instanceof Promise)) return normalizeHeaders(headers);
      return headers.then(normalizeHeaders).catch((cause: unknown) => {
        throw cannotAuthenticate(cause);
      });
    } catch (cause) {
      throw cannotAuthenticate(cause);
    }
  }

  /** Fetches new credentials, once for all who ask while it lasts. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#fetchFresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  #readScheme(request: TransportRequest): HeadersInit | Promise<HeadersInit> {
    const scheme = this.#scheme;
    if ('headers' in scheme) return scheme.headers(request);
    const write = (value: string | Secret): HeadersInit => {
      const text = scheme.write(typeof value === 'string' ? value : value.reveal());
      checkHeaderValue(scheme.header, text);
      return { [scheme.header]: text };
    };
    const value =
      this.#fresh ?? (typeof scheme.source === 'function' ? scheme.source() : scheme.source);
    return value instanceof Promise ? value.then(write) : write(value);
  }

  async #headersAfterRefresh(request: TransportRequest): Promise<Readonly<Record<string, string>>> {
    // A failed refresh is told to the calls that were refused; this one has not been sent yet.
    await this.#refreshing?.catch(() => undefined);
    return await this.headersFor(request);
  }

  async #fetchFresh(): Promise<void> {
    let fresh: string | Secret | void;
    try {
      fresh = await this.#refresh?.();
    } catch (cause) {
      throw new AuthenticationError(
        'Cannot refresh the credentials: the peer answered 401, and then refresh() failed',
        { status: 401, code: 'refresh_failed', cause },
      );
    }
    if (fresh !== undefined) this.#fresh = secret(fresh);
    this.version += 1;
  }
}

function cannotAuthenticate(cause: unknown): LinkspanError {
  if (cause instanceof LinkspanError) return cause;
  return new ConfigurationError(
    'Cannot authenticate the request: the function that gives the credentials failed',
    { code: 'auth_failed', phase: 'send', cause },
  );
}
