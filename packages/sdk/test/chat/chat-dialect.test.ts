import type { Dialect, EventStream } from '@linkspan/core';
import { decodeStream } from '@linkspan/dialects';
import type { ChatEvent, ChatResponse } from '@linkspan/sdk';
import { sampleStreams } from '@linkspan/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anthropicChatDialect } from '../../src/anthropic/anthropic-answer.ts';
import { openaiChatDialect } from '../../src/openai/openai-answer.ts';
import { openaiResponsesDialect } from '../../src/openai/responses-answer.ts';

type ChatDialect = Dialect<ChatEvent, ChatResponse>;

const dialects: readonly (readonly [keyof typeof sampleStreams, ChatDialect])[] = [
  ['openai-chat', openaiChatDialect('either')],
  ['openai-responses', openaiResponsesDialect],
  ['anthropic-messages', anthropicChatDialect],
];

const encoder = new TextEncoder();

/** The stream of these bytes, which come cut at these places. */
function streamOf(
  dialect: ChatDialect,
  text: string,
  places: readonly number[] = [],
): EventStream<ChatEvent, ChatResponse> {
  const bytes = encoder.encode(text);
  const cuts = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  const pieces = [0, ...cuts].map((start, index) =>
    bytes.subarray(start, cuts[index] ?? bytes.length),
  );
  return decodeStream(pieces, dialect);
}

async function read(stream: EventStream<ChatEvent, ChatResponse>): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe.each(dialects)('the chat dialect of %s', (name, dialect) => {
  const sample = sampleStreams[name];
  const whole = sample.events.join('');

  it('gives the same events wherever the bytes are cut', async () => {
    const expected = await read(streamOf(dialect, whole));

    expect(expected.some(({ type }) => type === 'finish')).toBe(true);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 60 }), async (places) => {
        const stream = streamOf(dialect, whole, places);
        expect(await read(stream)).toEqual(expected);
        expect(stream.partial.text).toBe('Grüße, 世界 🌍.');
      }),
    );
  });

  it('is complete at its terminator alone', async () => {
    const until = sample.events.slice(0, -sample.terminal).join('');
    const length = encoder.encode(until).length;

    await fc.assert(
      fc.asyncProperty(fc.nat({ max: length }), async (end) => {
        const text = new TextDecoder().decode(encoder.encode(whole).subarray(0, end));
        const outcome = await streamOf(dialect, text)
          .result()
          .then(
            () => 'complete',
            () => 'failed',
          );
        expect(outcome).toBe('failed');
      }),
    );
  });

  it('fails where its provider reports an error, behind what came before', async () => {
    const [first = '', second = '', third = ''] = sample.events;
    const stream = streamOf(dialect, first + second + third + (sample.error ?? ''));

    await expect(read(stream)).rejects.toMatchObject({ kind: 'http' });
    expect((await stream.outcome).status).toBe('failed');
  });

  it('reads nothing behind its end', async () => {
    const stream = streamOf(dialect, whole + sample.events[2]! + (sample.error ?? ''));

    expect((await stream.result()).text).toBe('Grüße, 世界 🌍.');
  });

  it('fails on an event that cannot be read, and takes life signs for no progress', async () => {
    const [first = '', ...rest] = sample.events;
    const alive = streamOf(dialect, first + (sample.noProgress ?? '') + rest.join(''));
    expect((await alive.result()).text).toBe('Grüße, 世界 🌍.');

    await expect(
      streamOf(dialect, first + (sample.malformed ?? '') + rest.join('')).result(),
    ).rejects.toMatchObject({ kind: 'message' });
  });
});
