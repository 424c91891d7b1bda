import { ConfigurationError } from '../errors/local-errors.ts';
import { isSecretHeader } from '../secrets/redact-headers.ts';
import { describeValue } from '../settings/describe-value.ts';
import type { TransportRequest } from '../transport.ts';

/**
 * The place in a stream from which it can go on, in this process or another. It is plain data, which
 * `JSON.stringify` writes and `JSON.parse` reads. No header that carries a credential is in it; the
 * target is as the protocol has it, query included.
 */
export interface Cursor {
  /** The durable id of the last event that was handed over; `''` when there was none. */
  readonly lastEventId: string;
  /**
   * The request that takes the stream up, without the headers that it shares with the one that
   * opened it. Without it, the dialect makes one of the id and of the request that is given again.
   */
  readonly request?: {
    readonly operation: string;
    readonly target: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** The value that it carries, if it carries one. */
    readonly payload?: unknown;
  };
}

/** Keeps the cursor of a stream outside the process: a file, a row, a key. */
export interface CursorStore {
  /** The cursor to go on from; `undefined` when there is none. */
  load(): Cursor | undefined | Promise<Cursor | undefined>;
  /** Keeps a cursor in the place of the one before. */
  commit(cursor: Cursor): void | Promise<void>;
}

/** The cursor of a place, with the request that takes it up, where that can be written as data. */
export function toCursor(
  lastEventId: string,
  opened: TransportRequest,
  request: TransportRequest | undefined,
): Cursor {
  if (request === undefined) return { lastEventId };
  const { operation, target, payload } = request;
  if (payload !== undefined && payload.kind !== 'value') return { lastEventId };
  const own = Object.entries(request.headers ?? {}).filter(
    ([name, value]) => opened.headers?.[name] !== value && !isSecretHeader(name),
  );
  return {
    lastEventId,
    request: {
      operation,
      target,
      ...(own.length > 0 && { headers: Object.fromEntries(own) }),
      ...(payload !== undefined && { payload: payload.value }),
    },
  };
}

/** The request of a cursor, with the headers of the request that is given again. */
export function requestOf(
  { request }: Cursor,
  given: TransportRequest,
): TransportRequest | undefined {
  if (request === undefined) return undefined;
  const { operation, target, headers } = request;
  const shared = Object.entries(given.headers ?? {}).filter(([name]) => !OF_PAYLOAD.test(name));
  return {
    operation,
    target,
    headers: { ...Object.fromEntries(shared), ...headers },
    ...('payload' in request && { payload: { kind: 'value', value: request.payload } }),
    idempotent: true,
  };
}

/** Headers about the payload of a request, or about that request alone. */
const OF_PAYLOAD = /^(?:content-.+|expect|idempotency-key)$/;

/** What a cursor is, for messages. */
export const CURSOR_EXPECTED =
  'a cursor: an object with a lastEventId, as detach() and a store give it';

/** The value, if it is a cursor. */
export function checkCursor(value: unknown): Cursor | undefined {
  const cursor = value as Partial<Cursor> | null | undefined;
  if (typeof cursor?.lastEventId !== 'string') return undefined;
  const { request } = cursor;
  if (request === undefined) return cursor as Cursor;
  const isRequest =
    typeof request?.operation === 'string' &&
    typeof request.target === 'string' &&
    Object.values(request.headers ?? {}).every((header) => typeof header === 'string');
  return isRequest ? (cursor as Cursor) : undefined;
}

/** @throws ConfigurationError when what a store gave is no cursor. */
export function checkLoaded(value: unknown): Cursor | undefined {
  if (value === undefined || value === null) return undefined;
  const cursor = checkCursor(value);
  if (cursor !== undefined) return cursor;
  const message = `expected ${CURSOR_EXPECTED}, found ${describeValue(value)}`;
  throw new ConfigurationError(`Cannot resume the stream: resume.store.load(): ${message}`, {
    issues: [{ option: 'resume.store', message }],
  });
}
