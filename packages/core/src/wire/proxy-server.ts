import { ConfigurationError } from '../errors/local-errors.ts';
import { toBase64 } from '../messages/base64.ts';
import { Secret } from '../secrets/secret.ts';

/** A proxy, and what it is told of who asks. */
export interface ProxyServer {
  /** `http://proxy.internal:3128` */
  readonly origin: string;
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** The value of `proxy-authorization`: told to the proxy alone. */
  readonly authorization: Secret | undefined;
}

/**
 * The proxy that a URL names.
 *
 * @throws ConfigurationError when it is not the URL of an HTTP proxy. User and password of the URL
 * are not told.
 */
export function parseProxyUrl(text: string | URL, option: string): ProxyServer {
  const href = String(text);
  // The environment names proxies without a scheme, too.
  const full = /^[a-z][a-z\d+.-]*:\/\//i.test(href) ? href : `http://${href}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const found = url === undefined ? 'what is no URL' : `the scheme ${url.protocol.slice(0, -1)}`;
    const message = `expected the http or https URL of a proxy, found ${found}`;
    throw new ConfigurationError(`Cannot use the proxy: ${message}`, {
      issues: [{ option, message }],
    });
  }
  const { protocol, hostname, origin, username, password } = url;
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port);
  return {
    origin,
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    authorization: username === '' && password === '' ? undefined : basic(username, password),
  };
}

function basic(username: string, password: string): Secret {
  const credentials = `${decode(username)}:${decode(password)}`;
  return new Secret(`Basic ${toBase64(new TextEncoder().encode(credentials))}`);
}

/** A `%` that encodes nothing stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
