import type { Dialect, LinkspanError } from '@linkspan/core';
import { cohereChat, gemini, openaiChat, openaiResponses } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from './read-stream.ts';
import { bytesOf, sseOf } from './sse-text.ts';
import { hasWireSamples, wireErrors } from './wire-samples.ts';

/** Recorded errors whose body says by itself what it is about. */
const told = wireErrors().filter(({ expected: { provider_error: said, body_kind: kind } }) => {
  const words = said?.code ?? said?.type ?? said?.status_text ?? undefined;
  return kind === 'json' && words !== undefined;
});

function dialectsOf(provider: string): readonly Dialect<unknown, unknown>[] {
  if (provider.startsWith('google')) return [gemini];
  return provider === 'cohere' ? [cohereChat] : [openaiChat, openaiResponses];
}

describe.skipIf(!hasWireSamples)('a recorded error without its status', () => {
  it('is there', () => {
    expect(told.length).toBeGreaterThan(10);
  });

  it.each(told)('$id is what it was with it', async ({ provider, body, expected }) => {
    for (const dialect of dialectsOf(provider)) {
      const json = { 'content-type': 'application/json' };
      // oxlint-disable-next-line no-await-in-loop -- one dialect after the other
      const inPlace = await readStream(bytesOf(body), dialect, json);
      // oxlint-disable-next-line no-await-in-loop
      const inside = await readStream(sseOf(JSON.stringify(JSON.parse(body))), dialect);

      expect(describeError(inPlace.error)).toEqual([expected.class, expected.retryable]);
      expect(describeError(inside.error)).toEqual([expected.class, expected.retryable]);
    }
  });
});

/** The class of a failure, in the words of the samples, and whether another try may help. */
function describeError(error: unknown): unknown {
  const { name, retryable } = error as LinkspanError;
  const words = name.replace(/Error$/, '').replace(/(?<=.)[A-Z]/g, '_$&');
  return [words.toLowerCase(), retryable !== 'no'];
}
