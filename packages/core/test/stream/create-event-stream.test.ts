import { Deadline } from '@linkspan/concurrency';
import {
  createBody,
  type EventStream,
  openEventStream,
  ProtocolError,
  ServerError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { openWords, readAll } from './open-words.ts';
import { words } from './word-dialect.ts';

const context = {
  signal: undefined,
  deadline: Deadline.unlimited,
  attempt: 1,
  streaming: true,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: () => true,
};

function open(
  text: string,
  contentType: string | undefined,
  status = 200,
): Promise<EventStream<string, readonly string[]>> {
  const body = createBody([new TextEncoder().encode(text)], context);
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  return openEventStream(body, words, { status, headers, context });
}

describe('openEventStream()', () => {
  it.each([['text/event-stream'], ['Text/Event-Stream; charset=utf-8'], [undefined]])(
    'accepts the content type %s',
    async (contentType) => {
      const stream = await open('a END ', contentType);

      expect(await stream.result()).toEqual(['a']);
    },
  );

  it('rejects an HTML page with status 200, and shows how it begins', async () => {
    const page = open('<!doctype html>\n<p>a END \n', 'text/html; charset=utf-8');

    await expect(page).rejects.toThrow(ProtocolError);
    await expect(page).rejects.toMatchObject({
      code: 'sse_content_type',
      retryable: 'no',
      sent: 'yes',
      message:
        'Cannot read the stream: expected text/event-stream, found text/html with status 200; ' +
        'the body begins with "<!doctype html> <p>a END"',
    });
  });

  it('rejects a JSON error with status 200 as the error that it reports', async () => {
    const answer = open('{"error":{"message":"x"}}', 'application/json');

    await expect(answer).rejects.toThrow(ServerError);
    await expect(answer).rejects.toThrow('Cannot answer: the peer said so');
  });

  it.each([['{"ok":true}'], ['{"error":'], ['']])(
    'rejects the JSON %s as no stream',
    async (text) => {
      await expect(open(text, 'application/problem+json')).rejects.toThrow(
        /expected text\/event-stream, found application\/problem\+json/,
      );
    },
  );

  it('rejects an answer that has no content', async () => {
    await expect(open('', undefined, 204)).rejects.toThrow(/found no content with status 204/);
  });

  it('shows no credential, and no more than 256 characters', async () => {
    const text = `key sk-abcdefghijklmnop ${'x'.repeat(10_000)}`;

    const error: Error = await open(text, 'text/plain').then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );

    expect(error.message).not.toContain('abcdefgh');
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('createEventStream() on an answer that is no stream', () => {
  it('fails at the first event, reads little, and frees the wire', async () => {
    const { stream, feed } = openWords({ headers: { 'content-type': ['text/html'] } });
    for (let kib = 0; kib < 100; kib += 1) feed.push('x'.repeat(1024));

    const { events, error } = await readAll(stream);

    expect(events).toEqual([]);
    expect(error).toMatchObject({ code: 'sse_content_type' });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error });
    expect(feed.reads).toBe(4);
    expect(feed.isFree).toBe(true);
  });

  it('tells what it found, not that the page stalled', async () => {
    const { stream, feed, clock } = openWords({
      headers: { 'content-type': 'text/html' },
      firstEventMs: 100,
    });
    feed.push('<html>');
    const read = readAll(stream);

    await clock.advance(100);

    expect((await read).error).toMatchObject({ code: 'sse_content_type' });
    expect(clock.pendingTimers).toBe(0);
  });
});
