import { type Dialect, OverloadedError, ServerError, StreamIncompleteError } from '@linkspan/core';
import {
  anthropicMessages,
  type ChatResult,
  cohereChat,
  gemini,
  openaiChat,
  openaiResponses,
} from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from './read-stream.ts';
import { bytesOf, chatChunk, sseOf } from './sse-text.ts';

/** A short answer in one protocol: the last event is its terminator. */
interface ModelAnswer {
  readonly dialect: Dialect<unknown, ChatResult>;
  readonly answer: readonly object[];
  /** Whether the terminator ends the stream, or only says that it may end. */
  readonly ends: boolean;
  /** How the peer reports in the stream that it is overloaded. */
  readonly overload: object;
}

const overload = { error: { type: 'overloaded_error', message: 'Overloaded' } };

const models: readonly ModelAnswer[] = [
  {
    dialect: openaiChat,
    answer: [chatChunk({ content: 'Hel' }), chatChunk({ content: 'lo' }), chatChunk({}, 'stop')],
    ends: false,
    overload,
  },
  {
    dialect: openaiResponses,
    answer: [
      { type: 'response.created', response: { id: 'resp_1' }, sequence_number: 0 },
      { type: 'response.output_text.delta', output_index: 0, delta: 'Hel', sequence_number: 1 },
      { type: 'response.output_text.delta', output_index: 0, delta: 'lo', sequence_number: 2 },
      { type: 'response.completed', response: { status: 'completed' }, sequence_number: 3 },
    ],
    ends: true,
    overload: {
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'server_is_overloaded', message: 'Overloaded' },
      },
    },
  },
  {
    dialect: anthropicMessages,
    answer: [
      { type: 'message_start', message: { id: 'msg_1' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ],
    ends: true,
    overload: { type: 'error', ...overload },
  },
  {
    dialect: gemini,
    answer: [
      { candidates: [{ content: { parts: [{ text: 'Hel' }] } }] },
      { candidates: [{ content: { parts: [{ text: 'lo' }] }, finishReason: 'STOP' }] },
    ],
    ends: false,
    overload: { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } },
  },
  {
    dialect: cohereChat,
    answer: [
      { type: 'message-start', id: 'c_1' },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hel' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'lo' } } } },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
    ],
    ends: true,
    overload,
  },
];

describe.each(models)('$dialect.name', ({ dialect, answer, overload: overloaded }) => {
  const cut = answer.slice(0, -1);

  it('is complete with its terminator', async () => {
    const { partial, outcome, events } = await readStream(sseOf(...answer), dialect);

    expect(partial.text).toBe('Hello');
    expect(outcome).toMatchObject({ status: 'complete', terminator: expect.any(String) });
    expect(events).toEqual(answer);
  });

  it('is incomplete wherever the bytes end before it, and keeps what came', async () => {
    const bytes = sseOf(...answer);
    // The blank line behind the last event is left out by some servers.
    for (let length = 0; length < bytes.length - 2; length += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one cut after another
      const { outcome, error, partial } = await readStream(bytes.subarray(0, length), dialect);

      expect(outcome.status, `cut at ${length}`).toBe('incomplete');
      expect(error).toBeInstanceOf(StreamIncompleteError);
      expect('Hello').toContain(partial.text);
    }
  });

  it.each([0, 1, 2])('fails at an error behind %i events, and gives those', async (count) => {
    const before = cut.slice(0, count);
    const { error, outcome, events } = await readStream(sseOf(...before, overloaded), dialect);

    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({
      message: expect.stringContaining('Overloaded'),
      requestId: 'req_1',
    });
    expect(outcome.status).toBe('failed');
    expect(events).toEqual(before);
  });

  it('fails at an error though its terminator follows', async () => {
    const wire = sseOf(...cut, overloaded, answer.at(-1), '[DONE]');

    expect((await readStream(wire, dialect)).outcome.status).toBe('failed');
  });

  it('fails at an error in the name of the event alone', async () => {
    const wire = bytesOf('event: error\ndata: {"message":"boom"}\n\n');

    const { error } = await readStream(wire, dialect);

    expect(error).toBeInstanceOf(ServerError);
  });

  it('is incomplete when there is nothing', async () => {
    for (const wire of ['', ': comment\n\n', 'data:\n\n', 'data: [DONE]\n\n']) {
      // oxlint-disable-next-line no-await-in-loop
      const { error } = await readStream(bytesOf(wire), dialect);

      expect(error).toBeInstanceOf(StreamIncompleteError);
    }
  });

  it('fails at an event that is not JSON, or no object, after what came before', async () => {
    for (const wrong of ['<html>', '42', 'null', '["a","b"]']) {
      // oxlint-disable-next-line no-await-in-loop
      const read = await readStream(sseOf(...cut, wrong, answer.at(-1)), dialect);

      expect(read.error).toMatchObject({ name: 'DeserializationError' });
      expect(read.outcome.status).toBe('failed');
      expect(read.events).toHaveLength(cut.length);
    }
  });

  it('fails on an error, or a page, in the place of the stream', async () => {
    const json = { 'content-type': 'application/json' };
    const failed = await readStream(bytesOf(JSON.stringify(overload)), dialect, json);
    const page = await readStream(bytesOf('<html>'), dialect, { 'content-type': 'text/html' });

    expect(failed.error).toBeInstanceOf(OverloadedError);
    expect(page.error).toMatchObject({ name: 'ProtocolError', code: 'sse_content_type' });
    expect(page.outcome.status).toBe('failed');
  });

  it('survives events whose fields are of the wrong kind', async () => {
    for (const event of answer.flatMap(spoilt)) {
      // oxlint-disable-next-line no-await-in-loop
      const { error } = await readStream(sseOf(event), dialect);

      expect(error).not.toMatchObject({ code: 'dialect' });
    }
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe.each(models.filter(({ ends }) => ends))('$dialect.name', ({ dialect, answer }) => {
  it('ends at its terminator, whatever follows it', async () => {
    const wire = sseOf(...answer, '{oops', ...answer);

    const { events, outcome, partial } = await readStream(wire, dialect);

    expect(outcome.status).toBe('complete');
    expect(events).toHaveLength(answer.length);
    expect(partial.text).toBe('Hello');
  });
});

/** The event with each of its fields, at any depth, in turn something else. */
function spoilt(event: object): unknown[] {
  return Object.entries(event).flatMap(([field, value]) => [
    ...[null, 7, '', [], [null], {}, '__proto__'].map((wrong) => ({ ...event, [field]: wrong })),
    ...(typeof value === 'object' && value !== null
      ? spoilt(value as object).map((inner) => ({
          ...event,
          [field]: Array.isArray(value) ? Object.values(inner as object) : inner,
        }))
      : []),
  ]);
}
