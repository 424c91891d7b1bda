import { ConfigurationError } from '../errors/local-errors.ts';
import { parseNoProxy } from './no-proxy.ts';
import { parseProxyUrl, type ProxyServer } from './proxy-server.ts';

/** The proxies by the scheme of the target. */
export interface ProxiesByScheme {
  /** For `http:` and `ws:` targets. */
  readonly http?: string | URL | undefined;
  /** For `https:` and `wss:` targets. They go through a tunnel (CONNECT), as those of `ws:` do. */
  readonly https?: string | URL | undefined;
  /** Hosts that are reached directly, in the form of NO_PROXY. */
  readonly noProxy?: string | readonly string[] | undefined;
}

/**
 * A proxy for all requests, proxies by scheme, or `'env'` for what HTTP_PROXY, HTTPS_PROXY,
 * ALL_PROXY and NO_PROXY of the environment say, in lower or upper case.
 */
export type ProxyOption = string | URL | ProxiesByScheme;

/** Finds the proxy for a target, checked. */
export interface ProxyRoutes {
  readonly http: ProxyServer | undefined;
  readonly https: ProxyServer | undefined;
  readonly isDirect: (host: string, port: number) => boolean;
}

/** The proxy that requests to an origin go through, if one. */
export function proxyFor(routes: ProxyRoutes | undefined, origin: string): ProxyServer | undefined {
  if (routes === undefined) return undefined;
  const { protocol, hostname, port } = new URL(origin);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  const proxy = isSecure ? routes.https : routes.http;
  if (proxy === undefined) return undefined;
  const target = port === '' ? (isSecure ? 443 : 80) : Number(port);
  return routes.isDirect(hostname, target) ? undefined : proxy;
}

/**
 * Reads the option `proxy`.
 *
 * @throws ConfigurationError when a URL is none of a proxy.
 */
export function readProxy(
  option: ProxyOption,
  environment: Readonly<Record<string, string | undefined>>,
): ProxyRoutes {
  if (option === 'env') return readEnvironment(environment);
  if (typeof option === 'string' || option instanceof URL) {
    const proxy = parseProxyUrl(option, 'proxy');
    return { http: proxy, https: proxy, isDirect: () => false };
  }
  const unknown = Object.keys(option).find((name) => !/^(?:http|https|noProxy)$/.test(name));
  if (unknown !== undefined) {
    const message = `expected http, https and noProxy, found ${JSON.stringify(unknown)}`;
    throw new ConfigurationError(`Cannot use the proxy: ${message}`, {
      issues: [{ option: 'proxy', message }],
    });
  }
  const { http, https, noProxy = '' } = option;
  return {
    http: http === undefined ? undefined : parseProxyUrl(http, 'proxy.http'),
    https: https === undefined ? undefined : parseProxyUrl(https, 'proxy.https'),
    isDirect: parseNoProxy(typeof noProxy === 'string' ? noProxy : noProxy.join(',')),
  };
}

function readEnvironment(environment: Readonly<Record<string, string | undefined>>): ProxyRoutes {
  const read = (name: string): string | undefined => {
    const value = environment[name.toLowerCase()] ?? environment[name];
    return value === '' ? undefined : value;
  };
  const all = read('ALL_PROXY');
  // Under CGI the header `Proxy` of a request becomes HTTP_PROXY: it is not believed there.
  const isCgi = environment['REQUEST_METHOD'] !== undefined;
  const http = (isCgi ? environment['http_proxy'] : read('HTTP_PROXY')) ?? all;
  const https = read('HTTPS_PROXY') ?? all;
  return {
    http: http === undefined ? undefined : parseProxyUrl(http, 'HTTP_PROXY'),
    https: https === undefined ? undefined : parseProxyUrl(https, 'HTTPS_PROXY'),
    isDirect: parseNoProxy(read('NO_PROXY') ?? ''),
  };
}
