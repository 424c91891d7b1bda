import type { IncomingMessage } from 'node:http';
import type { ReceivedRequest, UpstreamName } from './received-request.ts';
import type { StumbleKind } from './stumble.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

/** A request as the server keeps it. */
export class RecordedRequest implements UpstreamRequest {
  readonly upstream: UpstreamName | undefined;
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: unknown;
  stumble: StumbleKind | undefined;
  state: ReceivedRequest['state'] = 'open';

  constructor(message: IncomingMessage, text: string, upstream: Upstream | undefined) {
    const { pathname, searchParams } = urlOf(message);
    this.upstream = upstream?.name;
    this.method = message.method ?? 'GET';
    this.path = pathname;
    this.route = pathname.slice(upstream?.prefix.length ?? 0);
    this.query = Object.fromEntries(searchParams);
    this.headers = flatten(message.headers);
    this.text = text;
    this.body = parse(text);
  }
}

/** The address of a request, whatever host it names. */
export function urlOf({ url = '/' }: IncomingMessage): URL {
  return new URL(url.replace(/^\/+/, '/'), 'http://upstream');
}

function flatten(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
