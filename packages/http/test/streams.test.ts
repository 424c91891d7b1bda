import { ManualClock } from '@linkspan/concurrency';
import {
  ConnectionResetError,
  type EventStreamPromise,
  type FrameDecoder,
  type LinkspanError,
  type Outcome,
  ProtocolError,
  QuotaExhaustedError,
  RateLimitError,
  StreamIncompleteError,
  TimeoutError,
} from '@linkspan/core';
import { type ChatCompletionChunk as Chunk, type ChatResult, openaiChat } from '@linkspan/dialects';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts';
import type { HttpClientOptions } from '../src/client/http-client-options.ts';
import { answer, type RawConnection, startRawServer } from './raw-server.ts';
import { rejection } from './transport-call.ts';

const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';
const DONE = chunk('data: [DONE]\n\n');

/** One chunk of a chunked body. */
function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** What one event of a completion holds. */
function delta(content: string): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason: null }] };
}

/** One event of a completion, in a chunk of its own. */
function word(content: string): string {
  return chunk(`data: ${JSON.stringify(delta(content))}\n\n`);
}

/** A client of a server that plays `script` behind the request. */
async function upstream(
  script: (connection: RawConnection) => unknown,
  options: HttpClientOptions = {},
): Promise<{
  readonly client: HttpClient;
  connection(index: number): Promise<RawConnection>;
}> {
  const server = await startRawServer(async (connection) => {
    await connection.request();
    await script(connection);
  });
  const client = createHttpClient({ baseUrl: server.url, retry: false, ...options });
  onTestFinished(() => client.close());
  return { client, connection: (index) => server.connection(index) };
}

const chat = (client: HttpClient, dialect = openaiChat): EventStreamPromise<Chunk, ChatResult> =>
  client.postStream<Chunk, ChatResult>('/chat?key=canary', { stream: true }, { dialect });

/** Reads a stream to its end, and what it ends with. */
async function read(client: HttpClient): Promise<{
  readonly words: string[];
  readonly error: unknown;
  readonly outcome: Outcome;
  readonly partial: unknown;
}> {
  const stream = await chat(client);
  const words: string[] = [];
  const error = await rejection(
    (async () => {
      for await (const { choices } of stream) words.push(choices[0]?.delta?.content ?? '');
    })(),
  );
  return { words, error, outcome: await stream.outcome, partial: stream.partial };
}

/** A dialect that tells when its decoder was given bytes with a text in them. */
function overheard(text: string): { readonly dialect: typeof openaiChat; heard: Promise<void> } {
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  const decode: typeof openaiChat.decode = (limits) => {
    const decoder = openaiChat.decode(limits);
    const push: FrameDecoder<never>['push'] = (bytes) => {
      if (Buffer.from(bytes).includes(text)) resolve();
      return decoder.push(bytes) as never[];
    };
    return Object.assign(Object.create(decoder) as typeof decoder, { push });
  };
  return { dialect: { ...openaiChat, decode }, heard };
}

describe('client.stream()', () => {
  it.each([
    ['behind an event', word('a') + LAST_CHUNK],
    ['within an event', word('a') + chunk('data: {"choi') + LAST_CHUNK],
  ])('row 48 fails a stream that ends before its terminator, %s', async (_name, body) => {
    const { client } = await upstream((connection) => connection.end(HEAD + body));
    const { words, error, outcome, partial } = await read(client);

    expect(words).toEqual(['a']);
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({
      kind: 'stream-incomplete',
      code: 'incomplete_stream',
      phase: 'body',
      sent: 'yes',
      retryable: 'no',
      message:
        'Cannot complete the openai-chat stream: the bytes ended before its terminator, after 1 event',
    });
    expect(outcome).toMatchObject({ status: 'incomplete', error });
    expect(partial).toMatchObject({ text: 'a' });
  });

  it.each([
    ['closes (row 13)', (connection: RawConnection) => connection.end()],
    ['resets (row 12)', (connection: RawConnection) => connection.reset()],
  ])('fails a stream whose connection %s', async (_name, leave) => {
    const { client, connection } = await upstream((open) => open.write(HEAD + word('a')));
    const stream = await chat(client);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const end = rejection(events.next());
    leave(await connection(0));
    const error = await end;

    expect(error).toBeInstanceOf(ConnectionResetError);
    expect(error).toMatchObject({ kind: 'network', code: 'body_truncated', phase: 'body' });
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 1, error });
    expect(stream.partial).toMatchObject({ text: 'a' });
    expect(client.inFlight()).toEqual([]);
  });

  it('row 44 fails an HTML page with status 200 before the first event', async () => {
    const page = answer('<html>Sign in with sk-abcdefghijklmnopqrstuvwx</html>', undefined, [
      'content-type: text/html; charset=utf-8',
    ]);
    const { client, connection } = await upstream((open) => open.end(page));
    const error = (await rejection(chat(client))) as LinkspanError;

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ kind: 'protocol', code: 'sse_content_type', retryable: 'no' });
    expect(error.message).toMatch(
      /^Cannot read the stream: expected text\/event-stream, found text\/html with status 200; the body begins with "<html>Sign in/,
    );
    expect(error.message).not.toContain('sk-abcdef');
    await (
      await connection(0)
    ).closed;
  });

  it.each([
    ['insufficient_quota', QuotaExhaustedError, 'no'],
    ['rate_limit_exceeded', RateLimitError, 'yes'],
  ])('fails a JSON error %s with status 200 as what it is', async (code, type, retryable) => {
    const body = JSON.stringify({ error: { message: 'Not now', code } });
    const { client } = await upstream((connection) =>
      connection.end(answer(body, undefined, ['content-type: application/json'])),
    );
    const error = await rejection(chat(client));

    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ kind: 'http', retryable, sent: 'yes' });
    expect((error as Error).message).toContain('Not now');
  });

  it('row 50 fails with an error inside the stream, whatever comes behind it', async () => {
    const reported = chunk(`data: {"error":{"message":"Overloaded","code":502}}\n\n`);
    const { client } = await upstream((connection) =>
      connection.end(HEAD + word('a') + reported + DONE + LAST_CHUNK),
    );
    const { words, error, outcome } = await read(client);

    expect(words).toEqual(['a']);
    expect(error).toMatchObject({ kind: 'http', code: 'bad_gateway', status: 502 });
    expect(outcome).toMatchObject({ status: 'failed', error });
  });

  it('row 44 fails an answer without content', async () => {
    const { client } = await upstream((connection) =>
      connection.write('HTTP/1.1 204 No Content\r\n\r\n'),
    );

    expect(await rejection(chat(client))).toMatchObject({ code: 'sse_content_type' });
  });

  it('row 46 reads a stream byte by byte, and uses its connection again', async () => {
    const text = ['a', 'ü'].map((content) => `data: ${JSON.stringify(delta(content))}\r\n\r\n`);
    const { client, connection } = await upstream(async (open) => {
      for (let turn = 1; turn <= 2; turn++) {
        await open.request(turn);
        open.write(HEAD);
        for (const byte of Buffer.from(`: hi\n\n${text.join('')}data: [DONE]\n\n`)) {
          open.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]));
        }
        open.write(LAST_CHUNK);
      }
    });
    const first = await (await chat(client)).result();
    const second = await (await chat(client)).result();

    expect([first.text, second.text]).toEqual(['aü', 'aü']);
    expect((await connection(0)).received.match(/POST/g)).toHaveLength(2);
  });
});

describe('the clocks of client.stream()', () => {
  const clocks = { firstEventMs: 300, idleMs: 1_000, eventIdleMs: 400 } as const;

  it('E4 fails after firstEventMs when the head does not come', async () => {
    const clock = new ManualClock();
    const { client, connection } = await upstream(() => {}, { ...clocks, clock });
    const head = rejection(chat(client));
    await (await connection(0)).request();
    await clock.advance(300);
    const error = await head;

    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      kind: 'timeout',
      clock: 'firstEventMs',
      limitMs: 300,
      elapsedMs: 300,
      phase: 'headers',
      sent: 'maybe',
      message: 'Cannot read the stream: no first event within 300 ms, nor the head of an answer',
    });
    await (
      await connection(0)
    ).closed;
    await client.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails after firstEventMs when no event follows the head', async () => {
    const clock = new ManualClock();
    const { client, connection } = await upstream((open) => open.write(HEAD), { ...clocks, clock });
    const stream = await chat(client);
    const first = rejection(stream[Symbol.asyncIterator]().next());
    await clock.advance(300);
    const error = await first;

    expect(error).toMatchObject({ clock: 'firstEventMs', limitMs: 300, phase: 'body' });
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 0, error });
    await (
      await connection(0)
    ).closed;
    await client.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('row 17 fails after idleMs when the bytes stall between events', async () => {
    const clock = new ManualClock();
    const { client, connection } = await upstream((open) => open.write(HEAD + word('a')), {
      ...clocks,
      idleMs: 200,
      clock,
    });
    const stream = await chat(client);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const next = rejection(events.next());
    await clock.advance(200);
    const error = await next;

    expect(error).toMatchObject({ kind: 'timeout', clock: 'idleMs', limitMs: 200, phase: 'body' });
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 1, error });
    await (
      await connection(0)
    ).closed;
    await client.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('row 45 fails after eventIdleMs when only comments come', async () => {
    const clock = new ManualClock();
    const { client, connection } = await upstream((open) => open.write(HEAD + word('a')), {
      ...clocks,
      idleMs: 300,
      clock,
    });
    const { dialect, heard } = overheard('ping');
    const stream = await chat(client, dialect);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const next = rejection(events.next());
    await clock.advance(200);
    (await connection(0)).write(chunk(': ping\n\n'));
    await heard;
    await clock.advance(200);
    const error = await next;

    expect(error).toMatchObject({ kind: 'timeout', clock: 'eventIdleMs', limitMs: 400 });
    expect((error as Error).message).toBe('Cannot read the stream: no progress for 400 ms');
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 1, error });
    await (
      await connection(0)
    ).closed;
  });
});
