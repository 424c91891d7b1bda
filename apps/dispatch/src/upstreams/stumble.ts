import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { errorBody, sendJson } from './upstream.ts';
import type { Stumble } from './stumbles.ts';

/** How long the first bytes of an answer have to arrive before the connection is reset. */
const RESET_MS = 10;

/** A stream as it would be without a stumble. */
export interface PlannedStream {
  readonly contentType: string;
  /** The frames, as text. */
  readonly frames: readonly string[];
  /** The frames that end it: the terminator of its protocol. */
  readonly ending: readonly string[];
  /** How it reports an error. */
  readonly errorFrame: string;
  readonly firstFrameMs: number;
  readonly frameMs: number;
}

/** Does what a stumble does instead of an answer. `false` when it comes later, in the body. */
export function stumbleAtHead(response: ServerResponse, stumble: Stumble | undefined): boolean {
  const slowDown = errorBody('Too many requests: slow down', 'rate_limit_error', 'rate_limited');
  switch (stumble) {
    case 'rate-limit-ms':
      sendJson(response, 429, slowDown, { 'retry-after-ms': '120' });
      return true;
    case 'rate-limit-seconds':
      sendJson(response, 429, slowDown, { 'retry-after': '1' });
      return true;
    case 'unavailable':
      sendJson(response, 503, errorBody('No capacity', 'overloaded_error'));
      return true;
    case 'reset':
      // Behind the first bytes of an answer: before them, a client may take a kept connection for
      // a stale one, and try again without a word.
      response.socket?.write('HTTP/1.1 200 OK\r\ncontent-', () => {
        setTimeout(() => response.socket?.resetAndDestroy(), RESET_MS);
      });
      return true;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><title>Sign in</title><p>This network asks you to sign in.');
      return true;
    case 'error-body':
      sendJson(response, 200, errorBody('The engine is restarting', 'server_error'));
      return true;
    default:
      return false;
  }
}

/** Sends a JSON answer, or breaks the connection in the middle of it. */
export function sendValue(
  response: ServerResponse,
  value: unknown,
  stumble: Stumble | undefined,
): void {
  if (stumble !== 'break') return sendJson(response, 200, value);
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': String(body.length),
  });
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

/** Sends a stream, with its stumble. It stops when the caller leaves. */
export async function sendStream(
  response: ServerResponse,
  stream: PlannedStream,
  stumble: Stumble | undefined,
): Promise<void> {
  const left = new AbortController();
  response.on('close', () => left.abort());
  response.writeHead(200, { 'content-type': stream.contentType, 'cache-control': 'no-store' });
  response.flushHeaders();
  if (stumble === 'stall-first') return await stall(response);

  const half = Math.ceil(stream.frames.length / 2);
  for (const [index, frame] of stream.frames.entries()) {
    const pauseMs = index === 0 ? stream.firstFrameMs : stream.frameMs;
    await delay(pauseMs, undefined, { signal: left.signal });
    if (index === half && stumble !== undefined)
      return await stumbleInside(response, stream, stumble);
    response.write(frame);
  }
  response.end(stream.ending.join(''));
}

async function stumbleInside(
  response: ServerResponse,
  stream: PlannedStream,
  stumble: Stumble,
): Promise<void> {
  switch (stumble) {
    case 'break':
      response.destroy();
      return;
    case 'stall-between':
      return await stall(response);
    case 'in-band-error':
      response.end([stream.errorFrame, ...stream.ending].join(''));
      return;
    default:
      response.end();
  }
}

async function stall(response: ServerResponse): Promise<void> {
  if (!response.closed) await once(response, 'close');
}
