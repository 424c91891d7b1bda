import { sleep } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionTimeoutError,
  DnsError,
  type LinkspanError,
  type MemoryAnswer,
  type MemoryHandler,
  parseSettings,
  ProtocolError,
  setting,
  type SettingsTable,
  TlsError,
} from '@linkspan/core';
import { floodOf, stallAfter, trickleOf } from './faulty-bodies.ts';

/** Bytes or text, as they come one after another. */
export type Chunks = Iterable<Uint8Array | string>;

/** The head of an answer whose body stumbles. */
export type FaultyHead = Omit<MemoryAnswer, 'body'>;

/** How a refusal asks to wait. */
export interface StatusOptions extends MemoryAnswer {
  /** How long the answer asks to wait, in milliseconds. @default it does not ask */
  readonly retryAfterMs?: number | undefined;
  /**
   * How it asks: `retry-after` in whole seconds, `retry-after` as a date beside a `date`, or
   * `retry-after-ms`. @default 'seconds'
   */
  readonly hint?: 'seconds' | 'date' | 'ms' | undefined;
}

/** Nobody listens: the call fails before anything was sent. */
export function refused(): MemoryHandler {
  return failing(
    () =>
      new ConnectionRefusedError('Cannot connect: nobody listens at the address', { sent: 'no' }),
  );
}

/** The name has no address; `temporary`, the name server does not answer, which another try may cure. */
export function unknownName(options: { readonly temporary?: boolean } = {}): MemoryHandler {
  return failing(() =>
    options.temporary === true
      ? new DnsError('Cannot connect: the name server does not answer', {
          code: 'dns_temporary',
          retryable: 'yes',
          sent: 'no',
        })
      : new DnsError('Cannot connect: the name cannot be resolved', { sent: 'no' }),
  );
}

/** The certificate of the peer is not accepted: nothing was sent, and another try cannot help. */
export function badCertificate(): MemoryHandler {
  return failing(
    () =>
      new TlsError('Cannot connect: the certificate was not accepted', {
        code: 'tls_certificate',
        sent: 'no',
      }),
  );
}

/**
 * No connection is made: the call fails after `limitMs` on its own clock, with nothing sent.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function connectTimeout(options: { readonly limitMs?: number } = {}): MemoryHandler {
  const table = { limitMs: setting.durationMs({ default: 5_000, min: 0, finite: true }) };
  const { limitMs } = parseSettings('fault.connectTimeout()', table, options);
  return async (_request, { signal, context }) => {
    await sleep(limitMs, signal, context.deadline.clock);
    throw new ConnectionTimeoutError(
      `Cannot connect: no connection was made within ${limitMs} ms (connectMs)`,
      { limitMs, elapsedMs: limitMs, sent: 'no' },
    );
  };
}

/** The connection breaks before the head: the peer may have seen the request. */
export function reset(): MemoryHandler {
  return failing(
    () =>
      new ConnectionResetError(
        'Cannot get an answer: the connection broke before the head of one was complete',
        { phase: 'headers', sent: 'maybe' },
      ),
  );
}

/** The answer is not the protocol of the wire. */
export function garbage(): MemoryHandler {
  return failing(
    () =>
      new ProtocolError('Cannot read the answer: it is not the protocol of the wire', {
        phase: 'headers',
        sent: 'yes',
      }),
  );
}

/** The peer takes the request and never answers: the call ends by its clocks, or its caller. */
export function silent(): MemoryHandler {
  return (_request, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
}

/**
 * The peer refuses with this status, and a hint of how long to wait where one is asked for.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function status(code: number, options: StatusOptions = {}): MemoryHandler {
  const { retryAfterMs, hint } = parseSettings('fault.status()', hintSettings, {
    retryAfterMs: options.retryAfterMs,
    hint: options.hint,
  });
  const hints = retryAfterMs === undefined ? {} : hintHeaders[hint](retryAfterMs);
  return () => ({
    status: code,
    headers: { ...hints, ...options.headers },
    ...('body' in options && { body: options.body }),
  });
}

/** The page of a proxy, with status 200: the answer of somebody else. */
export function htmlPage(): MemoryHandler {
  return () => ({
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: '<!doctype html><title>Sign in</title><h1>Sign in to the network</h1>',
  });
}

/** The body breaks off after these chunks. */
export function cut(chunks: Chunks, head: FaultyHead = {}): MemoryHandler {
  return () => ({ ...head, body: cutAfter(chunks) });
}

/** The body is silent after these chunks, until its reader leaves or a clock runs out. */
export function stall(chunks: Chunks, head: FaultyHead = {}): MemoryHandler {
  return () => ({ ...head, body: stallAfter(chunks) });
}

/**
 * The body comes slowly: each chunk `everyMs` after the one before, on the clock of the call. What
 * watches the silence sees none; what watches the whole call does.
 */
export function trickle(chunks: Chunks, everyMs: number, head: FaultyHead = {}): MemoryHandler {
  const table = { everyMs: setting.durationMs({ finite: true }) };
  parseSettings('fault.trickle()', table, { everyMs });
  return (_request, { context }) => ({
    ...head,
    body: trickleOf(chunks, everyMs, context.deadline.clock),
  });
}

/** The body never ends: this chunk again and again, as fast as it is read. */
export function flood(chunk: Uint8Array | string, head: FaultyHead = {}): MemoryHandler {
  return () => ({ ...head, body: floodOf(chunk) });
}

interface HintSettings {
  readonly retryAfterMs: number | undefined;
  readonly hint: 'seconds' | 'date' | 'ms';
}

const hintSettings: SettingsTable<HintSettings, Pick<StatusOptions, 'retryAfterMs' | 'hint'>> = {
  retryAfterMs: setting.durationMs({ optional: true, min: 0, finite: true }),
  hint: setting.choice(['seconds', 'date', 'ms'], { default: 'seconds' }),
};

/** The server's clock. A date counts from the `date` beside it, so that any moment will do. */
const SERVER_TIME_MS = Date.UTC(2026, 0, 1);

const hintHeaders: Readonly<
  Record<HintSettings['hint'], (ms: number) => Readonly<Record<string, string>>>
> = {
  seconds: (ms) => ({ 'retry-after': String(Math.ceil(ms / 1_000)) }),
  ms: (ms) => ({ 'retry-after-ms': String(ms) }),
  date: (ms) => ({
    date: new Date(SERVER_TIME_MS).toUTCString(),
    'retry-after': new Date(SERVER_TIME_MS + ms).toUTCString(),
  }),
};

function failing(makeError: () => LinkspanError): MemoryHandler {
  return () => {
    throw makeError();
  };
}

async function* cutAfter(chunks: Chunks): AsyncGenerator<Uint8Array | string> {
  yield* chunks;
  throw new ConnectionResetError(
    'Cannot read the answer: the connection broke before the body was complete',
    { code: 'body_truncated', phase: 'body', sent: 'yes' },
  );
}
