import {
  type CallContext,
  isReplayable,
  ProtocolError,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import type { RedirectSettings } from '../options.ts';

/** A request that says itself whether redirects of its answer are followed. */
export interface RedirectingRequest extends TransportRequest {
  /** `false` for a request that takes a redirect as its answer. */
  readonly redirect?: false;
}

type Target = readonly [origin: string, path: string];
/** Sends a request to where it goes, once. */
export type SendTo = (
  request: TransportRequest,
  target: Target,
  context: CallContext,
) => Promise<TransportResponse>;

/** What goes along to another origin. Everything else may be a secret, whatever its name. */
const CROSSES_ORIGINS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'pragma',
  'range',
  'user-agent',
]);

/** Whether redirects of this request's answer are followed. */
export function mayFollow(
  request: RedirectingRequest,
  context: CallContext,
  { follow }: RedirectSettings,
): boolean {
  if (request.redirect === false) return false;
  if (follow === 'all') return true;
  return follow && !context.streaming && request.payload === undefined;
}

/**
 * Sends a request and follows the redirects of its answer, by rules of our own:
 *
 * - another origin (scheme, host or port) gets none of the headers but a list of harmless ones;
 * - from https to http nothing goes;
 * - after 301, 302 and 303 a request that is not safe becomes a GET without a body;
 * - after 307 and 308 the body goes again, where it can be sent again.
 *
 * @throws ProtocolError with the code `redirect` for loops, too many hops, and where the location is
 * missing or not allowed.
 */
export async function followRedirects(
  request: TransportRequest,
  target: Target,
  context: CallContext,
  settings: RedirectSettings,
  send: SendTo,
): Promise<TransportResponse> {
  const { clock } = context.deadline;
  const startedAt = clock.now();
  const seen = new Set<string>();
  let current = request;
  let [origin, path] = target;
  let response = await send(current, target, context);
  if (!isRedirect(response.status)) return response;
  for (let hops = 1; isRedirect(response.status); hops++) {
    seen.add(`${current.operation} ${origin}${path}`);
    const url = locationOf(response, origin, path);
    // oxlint-disable-next-line no-await-in-loop -- one hop after another
    await response.body.cancel();
    if (url === undefined) {
      throw failed(origin, `it answered ${response.status} without a location to go to`);
    }
    if (origin.startsWith('https:') && url.protocol === 'http:') {
      throw failed(origin, `it leads from https to ${url.origin}`);
    }
    current = nextRequest(current, response.status, url.origin !== origin);
    if (!isReplayable(current.payload)) {
      throw failed(origin, 'the body of the request can be read once, and was sent');
    }
    origin = url.origin;
    path = url.pathname + url.search;
    if (seen.has(`${current.operation} ${origin}${path}`)) {
      throw failed(origin, 'it leads back to where it came from');
    }
    if (hops > settings.max) {
      throw failed(origin, `there were more than ${settings.max} redirects (redirect.max)`);
    }
    // The attempt's clock covers all its hops, as the deadline does.
    const attemptMs = context.attemptMs - (clock.now() - startedAt);
    // oxlint-disable-next-line no-await-in-loop -- one hop after another
    response = await send(current, [origin, path], { ...context, attemptMs });
  }
  return { ...response, url: origin + path };
}

/** Whether an answer with this status leads elsewhere. */
export function isRedirect(status: number | undefined): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function locationOf({ headers }: TransportResponse, origin: string, path: string): URL | undefined {
  const { location } = headers;
  const text = typeof location === 'string' ? location : location?.[0];
  if (text === undefined || !URL.canParse(text, origin + path)) return undefined;
  const url = new URL(text, origin + path);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  // Credentials that a peer makes up are not used.
  url.username = url.password = '';
  return url;
}

function nextRequest(
  request: TransportRequest,
  status: number | undefined,
  isCrossOrigin: boolean,
): TransportRequest {
  const keepsMethod = status === 307 || status === 308 || isSafe(request.operation);
  const keepsBody = keepsMethod && request.payload !== undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase();
    if (lower === 'host' || lower === 'content-length') continue;
    if (isCrossOrigin && !CROSSES_ORIGINS.has(lower)) continue;
    if (!keepsBody && lower.startsWith('content-')) continue;
    headers[name] = value;
  }
  const { payload, ...rest } = request;
  return {
    ...rest,
    operation: keepsMethod ? request.operation : 'GET',
    headers,
    ...(keepsBody && payload !== undefined ? { payload } : undefined),
  };
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}

function failed(origin: string, state: string): ProtocolError {
  return new ProtocolError(`Cannot follow the redirect of ${origin}: ${state}`, {
    code: 'redirect',
    phase: 'headers',
  });
}
