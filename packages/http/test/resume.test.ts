import { ManualClock } from '@linkspan/concurrency';
import {
  ClosedError,
  type Dialect,
  NotFoundError,
  type ResumeOptions,
  StreamGapError,
} from '@linkspan/core';
import { createRawSse, rawSse, type SseEvent } from '@linkspan/dialects';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts';
import type { HttpClientOptions } from '../src/client/http-client-options.ts';
import { type RawConnection, type RawServer, startRawServer } from './raw-server.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
const CHUNKED = HEAD.replace('connection: close', 'transfer-encoding: chunked');

type Script = (peer: RawConnection) => unknown;

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (id: number): string => `id: ${id}\ndata: ${id}\n\n`;
const events = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, offset) => event(from + offset)).join('');

/** Sends events as a body that is then broken off. */
const cut =
  (text: string): Script =>
  (peer) => {
    peer.write(`${CHUNKED}${chunk(text)}`);
    peer.end();
  };
/** Sends events as a body that ends as it should. */
const whole =
  (text: string): Script =>
  (peer) =>
    peer.end(HEAD + text);
const bare =
  (line: string, ...headers: readonly string[]): Script =>
  (peer) =>
    peer.end([`HTTP/1.1 ${line}`, ...headers, 'content-length: 0', '', ''].join('\r\n'));

interface Scene {
  readonly client: HttpClient;
  readonly server: RawServer;
  /** The `last-event-id` of each request. */
  ids(): readonly (string | undefined)[];
  readonly stream: (
    resume?: ResumeOptions,
    call?: { readonly signal?: AbortSignal; readonly totalMs?: number },
  ) => ReturnType<typeof open>;
}

function open(client: HttpClient, dialect: Dialect<SseEvent>, resume: ResumeOptions, call: object) {
  return client.stream({ operation: 'GET', target: '/events' }, { dialect, resume, ...call });
}

/** A client of a server that answers one connection after another, the last script for all others. */
async function scene(
  scripts: readonly Script[],
  options: HttpClientOptions = {},
  dialect: Dialect<SseEvent> = rawSse,
): Promise<Scene> {
  const server = await startRawServer(async (peer) => {
    await peer.request();
    await scripts[Math.min(peer.index, scripts.length - 1)]?.(peer);
  });
  const client = createHttpClient({ baseUrl: server.url, random: () => 0, ...options });
  onTestFinished(() => client.close());
  return {
    client,
    server,
    ids: () => server.connections.map((peer) => /last-event-id: (.*)\r/i.exec(peer.received)?.[1]),
    stream: (resume = {}, call = {}) => open(client, dialect, resume, call),
  };
}

/** The data that a reader got, and what it was thrown. */
async function read(
  stream: AsyncIterable<SseEvent>,
): Promise<{ readonly data: readonly string[]; readonly error: unknown }> {
  const data: string[] = [];
  try {
    for await (const sent of stream) data.push(sent.data);
  } catch (error) {
    return { data, error };
  }
  return { data, error: undefined };
}

describe('a stream over sockets that is resumed', () => {
  it.each<readonly [string, readonly Script[], readonly (string | undefined)[], number]>([
    [
      'two drops in a row',
      [cut(event(1)), cut(event(2)), whole(event(3))],
      [undefined, '1', '2'],
      2,
    ],
    [
      'a drop while it is taken up',
      [cut(events(1, 2)), (peer) => peer.reset(), whole(event(3))],
      [undefined, '2', '2'],
      1,
    ],
    [
      'an end in the middle of an event',
      [cut(`${events(1, 2)}id: 3\nda`), whole(event(3))],
      [undefined, '2'],
      1,
    ],
  ])('row 53 gives each event once, after %s', async (_, scripts, ids, resumes) => {
    const { client, stream, ...seen } = await scene(scripts);
    const opened = await stream();

    expect(await read(opened)).toEqual({ data: ['1', '2', '3'], error: undefined });
    expect(seen.ids()).toEqual(ids);
    expect(await opened.outcome).toMatchObject({
      status: 'complete',
      events: 3,
      resumes,
    });
    await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
    expect(client.stats().every(({ running }) => running === 0)).toBe(true);
  });

  it('row 53 drops what a server repeats that ignores the cursor', async () => {
    const { stream, ids } = await scene([cut(events(1, 3)), whole(events(1, 5))]);

    expect((await read(await stream())).data).toEqual(['1', '2', '3', '4', '5']);
    expect(ids()).toEqual([undefined, '3']);
  });

  it('row 53 fails where something is missing', async () => {
    const counting = { ...rawSse, resume: { ...rawSse.resume!, ids: 'counting' } } as const;
    const { client, stream } = await scene(
      [cut(events(1, 2)), (peer) => peer.write(HEAD + event(4))],
      {},
      counting,
    );

    const { data, error } = await read(await stream());

    expect(data).toEqual(['1', '2']);
    expect(error).toBeInstanceOf(StreamGapError);
    await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
  });

  it('fails after five heads without an event behind them', async () => {
    const { stream, server } = await scene([cut(event(1)), cut(': nothing yet\n\n')]);

    const { data, error } = await read(await stream());

    expect(data).toEqual(['1']);
    expect((error as Error).message).toMatch(/tried to resume the stream 5 times without anything/);
    expect(server.connections).toHaveLength(6);
  });

  it('row 44 is complete when the server has nothing more', async () => {
    const { stream } = await scene([cut(event(1)), bare('204 No Content')]);
    const opened = await stream();

    expect((await read(opened)).data).toEqual(['1']);
    expect(await opened.outcome).toMatchObject({ status: 'complete', terminator: '204' });
  });

  it('fails with a refusal', async () => {
    const { stream, server } = await scene([cut(event(1)), bare('404 Not Found')]);

    expect((await read(await stream())).error).toBeInstanceOf(NotFoundError);
    expect(server.connections).toHaveLength(2);
  });

  it('row 51 goes on after a clean end as EventSource does, and obeys retry', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const { stream, ids } = await scene(
      [whole(`retry: 3000\n${event(1)}`), whole(event(2)), bare('204 No Content')],
      { clock, random: () => 0.75 },
      createRawSse({ endsAtEof: false }),
    );
    const opened = await stream({ onResume: ({ waitMs }) => waits.push(waitMs) });
    const all = read(opened);
    await vi.waitFor(() => expect(waits).toEqual([6_750]));
    await clock.advance(6_750);
    // The second event was progress: the wait is the first one again.
    await vi.waitFor(() => expect(waits).toEqual([6_750, 6_750]));
    await clock.advance(6_750);

    expect((await all).data).toEqual(['1', '2']);
    expect(ids()).toEqual([undefined, '1', '2']);
    expect(await opened.outcome).toMatchObject({ status: 'complete', terminator: '204' });
  });

  it('waits as long as a 503 asks, within its deadline', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const busy = bare('503 Busy', 'retry-after: 30');
    const { client, stream } = await scene([cut(event(1)), busy], { clock });
    const opened = await stream(
      { onResume: ({ waitMs }) => waits.push(waitMs) },
      { totalMs: 45_000 },
    );
    const all = read(opened);
    await vi.waitFor(async () => {
      await clock.advance(0);
      expect(waits).toEqual([0, 30_000]);
    });
    await clock.advance(30_000);

    expect((await all).error).toMatchObject({
      status: 503,
      message: expect.stringMatching(/the peer asks to wait 30 s, and the call has 15 s left$/),
    });
    await client.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['abort', 'close', 'break'])(
    'row 69 ends in the wait before it is taken up: %s',
    async (way) => {
      const clock = new ManualClock();
      const controller = new AbortController();
      let isWaiting = false;
      const { client, stream, server } = await scene([cut(event(1))], { clock });
      const opened = await stream(
        {
          baseDelayMs: 1_000,
          onResume: () => {
            isWaiting = true;
          },
        },
        { signal: controller.signal },
      );
      const all = read(opened);
      await vi.waitUntil(() => isWaiting);
      expect(client.inFlight()).toMatchObject([{ phase: 'backoff' }]);

      if (way === 'abort') controller.abort('enough');
      else if (way === 'close') await client.close();
      else await opened[Symbol.asyncDispose]();

      const { error } = await all;
      const expected = { abort: 'enough', close: expect.any(ClosedError), break: undefined };
      expect(error).toEqual(expected[way as keyof typeof expected]);
      expect(client.inFlight()).toEqual([]);
      expect(server.connections).toHaveLength(1);
      await client.close();
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('is not resumed where a POST broke before it had a cursor', async () => {
    const { client, server } = await scene([cut(': welcome\n\n')]);
    const opened = await client.postStream('/events', { q: 1 }, { resume: true });

    expect((await read(opened)).error).toMatchObject({
      code: 'body_truncated',
      message: expect.stringMatching(/there is no request that takes the stream up again$/),
    });
    expect(server.connections).toHaveLength(1);
  });
});

describe('a stream that broke while its reader is busy', () => {
  /** Hands over one of two events; the wire broke behind them, which is known. */
  async function broken(totalMs = Infinity) {
    const clock = new ManualClock();
    const controller = new AbortController();
    let isBroken = false;
    const seen = await scene([cut(events(1, 2)), whole(event(3))], { clock });
    const stream = await seen.stream(
      {
        onResume: () => {
          isBroken = true;
        },
      },
      { signal: controller.signal, totalMs },
    );
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await vi.waitUntil(() => isBroken);
    await clock.advance(0);
    return { ...seen, clock, controller, stream, reader };
  }

  it('opens no connection until the reader is back', async () => {
    const { client, server, reader } = await broken();
    await (await client.get('/other')).cancel();
    expect(server.connections[1]?.received).toMatch(/^GET \/other /);

    expect((await reader.next()).value?.data).toBe('2');
    expect(server.connections).toHaveLength(2);
    expect((await reader.next()).value?.data).toBe('3');
    expect(server.connections[2]?.received).toMatch(/last-event-id: 2\r/);
  });

  it.each(['abort', 'close', 'dispose', 'deadline'])(
    'row 69 ends though nobody reads: %s',
    async (way) => {
      const { client, clock, controller, server, stream } = await broken(60_000);
      if (way === 'abort') controller.abort('enough');
      if (way === 'close') await client.close();
      if (way === 'dispose') await stream[Symbol.asyncDispose]();
      if (way === 'deadline') await clock.advance(60_000);

      const { status, error } = await stream.outcome;
      expect({ status, code: error?.code }).toEqual(
        {
          abort: { status: 'cancelled', code: undefined },
          close: { status: 'failed', code: 'closed' },
          dispose: { status: 'cancelled', code: undefined },
          deadline: { status: 'failed', code: 'deadline' },
        }[way],
      );
      expect(client.inFlight()).toEqual([]);
      expect(server.connections).toHaveLength(1);
      await client.close();
      expect(clock.pendingTimers).toBe(0);
    },
  );
});
