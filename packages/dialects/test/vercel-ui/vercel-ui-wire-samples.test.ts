import { ServerError } from '@linkspan/core';
import { createVercelUi, decodeStream, vercelUi } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { countTypes } from '../count-types.ts';
import { hasCaptures, readCapture } from '../read-capture.ts';
import { readStream } from '../read-stream.ts';
import { splitEveryWay } from '../split-bytes.ts';
import { hasWireSamples, wireSamples } from '../wire-samples.ts';

/** What the samples of this protocol tell beside what all of them do. */
interface Expected {
  readonly error: { readonly message: string } | null;
  readonly types: Readonly<Record<string, number>>;
}

describe.skipIf(!hasWireSamples)('vercelUi on recorded traffic', () => {
  it.each(wireSamples('vercel-ui-message'))(
    'gives the answer of $id in any split',
    async ({ bytes, expected }) => {
      const { error: reported, types } = expected as typeof expected & Expected;
      for (const dialect of [vercelUi, createVercelUi({ require: 'both' })]) {
        for (const chunks of splitEveryWay(bytes)) {
          // oxlint-disable-next-line no-await-in-loop -- one split after another
          const { events, error, partial, outcome } = await readStream(chunks, dialect);

          expect(countTypes(events)).toEqual(types);
          expect(partial).toMatchObject({
            text: expected.text,
            toolCalls: expected.tool_calls.map(({ id, name, arguments: text }) => ({
              id,
              name,
              arguments: text,
            })),
            finishReason: expected.finish_reason,
          });
          expect(partial.reasoning ?? '').toBe(expected.reasoning ?? '');
          expect(outcome.usage).toEqual(expected.usage ?? undefined);
          expect(outcome.status).toBe(expected.complete ? 'complete' : 'failed');
          expect(outcome.terminator).toBe(expected.complete ? '[DONE]' : undefined);
          expect(outcome.error).toBe(error);
          if (reported === null) continue;
          expect(error).toBeInstanceOf(ServerError);
          expect((error as ServerError).message).toContain(reported.message);
          expect((error as ServerError).retryable === 'yes').toBe(expected.retryable);
        }
      }
    },
  );
});

describe.skipIf(!hasCaptures)('vercelUi on answers of pydantic-ai', () => {
  it('reads one that went well', async () => {
    const { body, ...head } = readCapture('pydantic-ai-2.9.1-vercel-ok');
    const stream = decodeStream(body, vercelUi, head);

    expect(await stream.result()).toMatchObject({
      text: 'Hello wörld\nline2',
      finishReason: 'finish',
      metadata: { pydantic_ai: { timestamp: '2026-11-21T05:51:19.356832Z' } },
    });
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('fails on one whose model failed, though it ends as the other does', async () => {
    const { body, ...head } = readCapture('pydantic-ai-2.9.1-vercel-bad');
    const stream = decodeStream(body, vercelUi, head);

    await expect(stream.result()).rejects.toThrow(/the peer reports an error: model exploded/);
    expect(await stream.outcome).toMatchObject({
      status: 'failed',
      finishReason: 'error',
      events: 8,
    });
  });
});
