import { type Answer, type AnswerHeaders, jsonAnswer, type ValueAnswer } from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';
import type { ReceivedRequest } from '../received-request.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';

/** A request to the JSON API. */
export interface JsonRequest extends ReceivedRequest {
  /** The path below the base URL: `'/items/7'`. */
  readonly route: string;
}

/** An answer of the JSON API. */
export interface JsonReply {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; nothing when it is left out. */
  readonly body?: unknown;
  /** How long it takes to come. @default `firstEventMs` of the server's pace */
  readonly delayMs?: number;
}

/** Answers a request; with nothing, as if it were not there. */
export type JsonReplier = (
  request: JsonRequest,
) => JsonReply | undefined | Promise<JsonReply | undefined>;

/** How many items there are. */
const ITEMS = 100;
/** How many of them are on a page when the request does not say. */
const PAGE_SIZE = 20;

/** How a plain API refuses a request: problem details, as in RFC 9457. */
const faults: FaultTable = {
  'rate-limit': { status: 429, message: 'There were too many requests' },
  overloaded: { status: 503, message: 'The service has no capacity left' },
  'server-error': { status: 500, message: 'Something went wrong' },
  quota: {
    status: 402,
    message: 'The requests of this month are used up',
    code: 'quota_exhausted',
  },
  'bad-key': { status: 401, message: 'The credentials are not known' },
};

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  404: 'Not Found',
  405: 'Method Not Allowed',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/**
 * A plain JSON API: `GET /items?limit=&cursor=` in pages, `GET /items/<id>`, `/status/<code>`, and an
 * echo of whatever is sent to another path. `?delay_ms=` has any of them take that long.
 */
export class JsonUpstream implements Upstream {
  readonly name = 'json';
  readonly prefix = '/json';
  readonly faults: FaultTable = faults;
  readonly stumbles: StumbleScript;
  readonly #context: UpstreamContext;
  #repliers: JsonReplier[] = [];

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.stumbles = new StumbleScript(`json ${context.seed}`);
  }

  /** The function that was added last is asked first. */
  reply(replier: JsonReplier): void {
    this.#repliers.unshift(replier);
  }

  clear(): void {
    this.#repliers = [];
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { firstEventMs } = this.#context.pace;
    for (const replier of this.#repliers) {
      // oxlint-disable-next-line no-await-in-loop -- the next one is asked only when this gives nothing
      const reply = await replier(request);
      if (reply === undefined) continue;
      const { status = 200, headers = {}, body, delayMs = firstEventMs } = reply;
      return body === undefined
        ? { kind: 'value', status, headers, body: undefined, delayMs }
        : jsonAnswer(status, body, headers, delayMs);
    }
    const delayMs = Number(request.query['delay_ms']) || firstEventMs;
    const { status, body, headers } = this.#builtIn(request);
    return { kind: 'value', status, body, headers, delayMs };
  }

  refuse({ status, message, code, retryAfterMs }: ProviderFault): ValueAnswer {
    const problem = {
      type: 'about:blank',
      title: titles[status] ?? 'Error',
      status,
      detail: message,
      ...(code !== undefined && { code }),
    };
    return jsonAnswer(status, problem, {
      'content-type': 'application/problem+json',
      ...this.#headers(),
      ...retryAfterHeader(retryAfterMs),
    });
  }

  #builtIn(request: UpstreamRequest): ValueAnswer {
    const { method, route, query } = request;
    const [, room = '', name = ''] = route.split('/');
    if (room === 'status') {
      const status = Number(name);
      if (status >= 400 && status <= 599)
        return this.refuse({ status, message: `Asked for ${name}` });
      if (status >= 200 && status <= 299) return this.#json({ status }, status);
    }
    if (room !== 'items' || method !== 'GET') return this.#json(echoOf(request));
    if (name === '') return this.#page(query);
    const id = Number(name);
    const isThere = Number.isInteger(id) && id >= 1 && id <= ITEMS;
    return isThere
      ? this.#json(item(id))
      : this.refuse({ status: 404, message: `No item ${name}` });
  }

  #page({ limit: size, cursor }: Readonly<Record<string, string>>): ValueAnswer {
    const limit = size === undefined ? PAGE_SIZE : Number(size);
    const first = cursor === undefined ? 1 : Number(cursor);
    if (!(limit >= 1 && limit <= ITEMS && first >= 1)) {
      const message = `limit: expected 1 to ${ITEMS}, and a cursor of a page before`;
      return this.refuse({ status: 400, message });
    }
    const next = first + limit;
    const count = Math.max(0, Math.min(next, ITEMS + 1) - first);
    const items = Array.from({ length: count }, (_, index) => item(first + index));
    return this.#json({ items, next_cursor: next <= ITEMS ? String(next) : null });
  }

  #json(body: unknown, status = 200): ValueAnswer {
    return jsonAnswer(status, body, this.#headers());
  }

  #headers(): AnswerHeaders {
    return { 'x-request-id': this.#context.mint.uuid() };
  }
}

function item(id: number): object {
  return { id, name: `Item ${id}` };
}

function echoOf({ method, route, query, headers, body, text }: UpstreamRequest): object {
  return { method, path: route, query, headers, body: body ?? (text === '' ? null : text) };
}
