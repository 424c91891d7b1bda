import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, sleep } from '@linkspan/concurrency';
import type { Answer, StreamAnswer, ValueAnswer } from './answer.ts';
import type { Stumble } from './stumble.ts';

/** Where an answer goes, and the time that it takes. */
export interface Wire {
  readonly response: ServerResponse;
  /** Aborts when the client has left, and when the server closes. */
  readonly left: AbortSignal;
  readonly clock: Clock;
}

/** How long bytes have to arrive before the connection behind them is broken. */
const ARRIVAL_MS = 10;

/** Writes an answer to its end, with a stumble that comes in the middle of it. */
export async function writeAnswer(
  wire: Wire,
  answer: Answer,
  stumble: Stumble | undefined,
): Promise<void> {
  if (answer.kind === 'stream') return await writeStream(wire, answer, stumble);
  if (answer.delayMs !== undefined && answer.delayMs > 0) {
    await sleep(answer.delayMs, { signal: wire.left }, wire.clock);
  }
  if (stumble?.kind === 'cut-stream' || stumble?.kind === 'stall') {
    return await breakValue(wire, answer, stumble);
  }
  writeValue(wire.response, answer);
}

/** Writes an answer that comes at once. */
export function writeValue(response: ServerResponse, { status, headers, body }: ValueAnswer): void {
  const bytes = bytesOf(body);
  const length = status === 204 || status === 304 ? {} : { 'content-length': bytes.length };
  response.writeHead(status, { ...headers, ...length });
  response.end(bytes);
}

/** Breaks the connection in the place of an answer. */
export async function resetConnection(response: ServerResponse, inHead: boolean): Promise<void> {
  const { socket } = response;
  if (socket === null) return;
  if (inHead) {
    socket.write('HTTP/1.1 200 OK\r\ncontent-');
    await delay(ARRIVAL_MS);
  }
  socket.resetAndDestroy();
}

/** Waits until the client has left. */
export async function untilLeft(left: AbortSignal): Promise<void> {
  if (!left.aborted) await once(left, 'abort');
}

async function breakValue(
  { response, left }: Wire,
  { status, headers, body }: ValueAnswer,
  stumble: Stumble & { readonly kind: 'cut-stream' | 'stall' },
): Promise<void> {
  const bytes = bytesOf(body);
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  await write(response, bytes.subarray(0, bytes.length >> 1), left);
  if (stumble.kind === 'stall') return await untilLeft(left);
  await delay(ARRIVAL_MS);
  if (stumble.how === 'reset') response.socket?.resetAndDestroy();
  else response.destroy();
}

async function writeStream(
  { response, left }: Wire,
  answer: StreamAnswer,
  stumble: Stumble | undefined,
): Promise<void> {
  response.writeHead(200, answer.headers);
  response.flushHeaders();
  const place = placeOf(stumble, answer);
  let sent = 0;
  for await (const event of eventsOf(answer, left)) {
    if (sent === place) break;
    await write(response, event, left);
    sent += 1;
  }
  if (sent < place) response.end();
  else await breakStream({ response, left }, answer, stumble, sent);
}

async function* eventsOf(
  { timeline, from = 0, prelude, wrap = String }: StreamAnswer,
  left: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  if (prelude !== undefined) yield prelude;
  for await (const event of timeline.follow(from, left)) yield wrap(event);
}

/** Behind how many events a stream stumbles. */
function placeOf(
  stumble: Stumble | undefined,
  { timeline, from = 0, ending }: StreamAnswer,
): number {
  if (stumble === undefined) return Infinity;
  const half = Math.ceil(Math.max(0, timeline.length - from - ending) / 2);
  return ('afterEvents' in stumble ? stumble.afterEvents : undefined) ?? half;
}

async function breakStream(
  { response, left }: Pick<Wire, 'response' | 'left'>,
  { from = 0, prelude, failure, wrap = String }: StreamAnswer,
  stumble: Stumble | undefined,
  sent: number,
): Promise<void> {
  if (stumble?.kind === 'stall') return await untilLeft(left);
  if (stumble?.kind === 'cut-stream') return await cutStream(response, stumble.how);
  const index = from + sent - (prelude === undefined ? 0 : 1);
  response.end(failure(index).map(wrap).join(''));
}

async function cutStream(response: ServerResponse, how: 'end' | 'reset' = 'end'): Promise<void> {
  if (how === 'end') {
    response.end();
    return;
  }
  await delay(ARRIVAL_MS);
  response.socket?.resetAndDestroy();
}

/** Keeps to the speed of the reader. */
async function write(
  response: ServerResponse,
  data: string | Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  if (!response.write(data)) await once(response, 'drain', { signal });
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
