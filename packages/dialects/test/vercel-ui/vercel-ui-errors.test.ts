import { ServerError, StreamIncompleteError } from '@linkspan/core';
import { createVercelUi, vercelUi } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { bytesOf, sseOf } from '../sse-text.ts';

const delta = (text: string, id = 't1'): object => ({ type: 'text-delta', id, delta: text });
const error = { type: 'error', errorText: 'model exploded.' };
const step = { type: 'finish-step' };
const finish = { type: 'finish', finishReason: 'stop' };
const failed = { type: 'finish', finishReason: 'error' };

describe('an error part in a vercelUi stream', () => {
  it.each([
    ['first, alone', [error]],
    ['first, then [DONE]', [error, '[DONE]']],
    ['in the middle, then the end of the bytes', [delta('a'), error]],
    ['in the middle, then [DONE]', [delta('a'), error, '[DONE]']],
    ['then its step and a finish', [delta('a'), error, step, failed]],
    ['then its step, a finish and [DONE]', [delta('a'), error, step, failed, '[DONE]']],
    ['then a finish that says nothing of it', [delta('a'), error, step, finish, '[DONE]']],
    ['then text of another run', [error, delta('b'), finish, delta('c'), finish, '[DONE]']],
    ['behind a finish', [delta('a'), finish, error, '[DONE]']],
    ['then what is not JSON', [delta('a'), error, '<html>']],
    ['then an abort', [error, { type: 'abort' }, '[DONE]']],
  ])('fails it: %s', async (_, parts) => {
    for (const require of ['finish', 'both', 'done', 'either'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one stream after another
      const read = await readStream(sseOf(...parts), createVercelUi({ require }));

      expect(read.error).toBeInstanceOf(ServerError);
      expect(read.error).toMatchObject({
        message: 'Cannot complete the stream: the peer reports an error: model exploded',
        requestId: 'req_1',
      });
      expect(read.outcome).toMatchObject({ status: 'failed', error: read.error });
    }
  });

  it('fails it after the parts that follow, whose reason and usage are told', async () => {
    const last = { ...failed, messageMetadata: { usage: { inputTokens: 3 } } };
    const { events, partial, outcome } = await readStream(
      sseOf(delta('a'), error, step, last, '[DONE]'),
      vercelUi,
    );

    expect(events).toEqual([delta('a'), error, step, last]);
    expect(partial).toMatchObject({ text: 'a', finishReason: 'error', usage: { inputTokens: 3 } });
    expect(outcome).toMatchObject({ finishReason: 'error', events: 4 });
  });

  it('shows no credential that the peer echoes', async () => {
    const { error: thrown } = await readStream(
      sseOf({ type: 'error', errorText: 'Incorrect API key provided: sk-abcdefghijkl.' }),
      vercelUi,
    );

    expect(thrown).toBeInstanceOf(ServerError);
    expect((thrown as Error).message).not.toContain('abcdefghijkl');
  });
});

describe('a vercelUi stream', () => {
  it('fails when the reason is an error that no part told', async () => {
    const { error: thrown, outcome } = await readStream(
      sseOf(delta('a'), failed, '[DONE]'),
      vercelUi,
    );

    expect(thrown).toBeInstanceOf(ServerError);
    expect(outcome).toMatchObject({ status: 'failed', finishReason: 'error' });
  });

  it('fails on an error in the form of a gateway', async () => {
    const inFrame = await readStream(sseOf(delta('a'), { error: { code: 502 } }), vercelUi);
    const named = await readStream(bytesOf('event: error\ndata: upstream gone\n\n'), vercelUi);

    expect(inFrame.error).toMatchObject({ status: 502 });
    expect(named.error).toMatchObject({ message: expect.stringContaining('upstream gone') });
  });

  it.each([
    ['and closes', []],
    ['and [DONE] follows', ['[DONE]']],
    ['as pydantic-ai ends it', [step, '[DONE]']],
    ['and a finish follows all the same', [finish, '[DONE]']],
  ])('is incomplete when the server cancels the run %s', async (_, rest) => {
    const abort = { type: 'abort', reason: 'user' };
    for (const require of ['finish', 'both', 'done', 'either'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one stream after another
      const {
        events,
        error: thrown,
        outcome,
      } = await readStream(sseOf(delta('a'), abort, ...rest), createVercelUi({ require }));

      expect(events[1]).toEqual(abort);
      expect(thrown).toBeInstanceOf(StreamIncompleteError);
      expect(thrown).toMatchObject({
        code: 'aborted',
        message: 'Cannot complete the vercel-ui stream: the server cancelled the run',
      });
      expect(outcome).toMatchObject({ status: 'incomplete', error: thrown });
    }
  });

  it('is incomplete when the stream of its model was cut', async () => {
    const { error: thrown, outcome } = await readStream(
      sseOf(delta('a'), { type: 'finish', finishReason: 'interrupted' }, '[DONE]'),
      vercelUi,
    );

    expect(thrown).toMatchObject({ code: 'interrupted' });
    expect(outcome).toMatchObject({ status: 'incomplete', finishReason: 'interrupted' });
  });

  it('goes on when a tool fails: its model is told', async () => {
    const { outcome } = await readStream(
      sseOf({ type: 'tool-output-error', toolCallId: 'c', errorText: 'x' }, finish, '[DONE]'),
      vercelUi,
    );

    expect(outcome.status).toBe('complete');
  });
});

describe('hostile parts of a vercelUi stream', () => {
  it.each([['__proto__'], ['constructor'], ['toString'], [1], [null], [undefined]])(
    'id %j is a name like any other',
    async (id) => {
      const { partial, outcome } = await readStream(
        sseOf(
          { type: 'text-start', id },
          { type: 'text-delta', id, delta: 'a' },
          { type: 'reasoning-delta', id, delta: 'b' },
          { type: 'tool-input-start', toolCallId: id, toolName: id },
          { type: 'tool-input-available', toolCallId: id, toolName: 'f', input: {} },
          { type: 'start', messageId: id },
          finish,
        ),
        vercelUi,
      );

      expect(partial).toMatchObject({ text: 'a', reasoning: 'b', toolCalls: [{ name: 'f' }] });
      expect(outcome.status).toBe('complete');
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it('leaves prototypes alone when metadata is merged', async () => {
    const { partial } = await readStream(
      sseOf(
        '{"type":"start","messageMetadata":{"a":{"x":1}}}',
        '{"type":"message-metadata","messageMetadata":"text"}',
        '{"type":"message-metadata","messageMetadata":{"a":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
        finish,
      ),
      vercelUi,
    );

    const metadata = partial.metadata as { a: { x: 1; polluted?: 1 }; polluted?: 1 };
    expect([metadata.a.x, metadata.a.polluted, metadata.polluted]).toEqual([
      1,
      undefined,
      undefined,
    ]);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    ['too_many_tool_calls', (n: number) => ({ type: 'tool-input-start', toolCallId: n })],
    ['too_many_text_parts', (n: number) => ({ type: 'text-start', id: n })],
    ['too_many_reasoning_parts', (n: number) => ({ type: 'reasoning-delta', id: n, delta: '' })],
  ])('ends with %s where they are without end', async (code, part) => {
    const parts = Array.from({ length: 16_385 }, (_, index) => part(index));

    const { error: thrown } = await readStream(sseOf(...parts, finish), vercelUi);

    expect(thrown).toMatchObject({ name: 'ProtocolError', code });
  });
});
