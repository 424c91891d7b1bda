import { ServerError } from '@linkspan/core';
import { agUi, decodeStream } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { countTypes } from '../count-types.ts';
import { hasCaptures, readCapture } from '../read-capture.ts';
import { readStream } from '../read-stream.ts';
import { splitEveryWay } from '../split-bytes.ts';
import { hasWireSamples, wireSamples } from '../wire-samples.ts';

/** What the samples of this protocol tell beside what all of them do. */
interface Expected {
  readonly types: Readonly<Record<string, number>>;
}

describe.skipIf(!hasWireSamples)('agUi on recorded traffic', () => {
  it.each(wireSamples('ag-ui'))(
    'gives the answer of $id in any split',
    async ({ id, bytes, expected }) => {
      for (const chunks of splitEveryWay(bytes)) {
        // oxlint-disable-next-line no-await-in-loop -- one split after another
        const { events, partial, outcome } = await readStream(chunks, agUi);

        expect(countTypes(events)).toEqual((expected as typeof expected & Expected).types);
        expect(partial).toMatchObject({
          text: expected.text,
          toolCalls: expected.tool_calls,
          finishReason: expected.finish_reason,
        });
        // The sample leaves out what its REASONING_MESSAGE_CHUNK says.
        const more = id === 'agui-events-reasoning-events' ? ' considering options.' : '';
        expect(partial.reasoning ?? '').toBe(`${expected.thinking ?? ''}${more}`);
        expect(outcome.usage).toEqual(expected.usage ?? undefined);
        expect(outcome).toMatchObject({ status: 'complete', terminator: 'RUN_FINISHED' });
      }
    },
  );
});

describe.skipIf(!hasCaptures)('agUi on answers of pydantic-ai', () => {
  it('reads one that went well', async () => {
    const { body, ...head } = readCapture('pydantic-ai-2.9.1-agui-ok');
    const stream = decodeStream(body, agUi, head);

    expect(await stream.result()).toMatchObject({
      text: 'Hello wörld\nline2',
      finishReason: 'RUN_FINISHED',
      finished: { outcome: { type: 'success' } },
    });
    expect(await stream.outcome).toMatchObject({ status: 'complete', events: 6 });
  });

  it('fails on one whose model failed', async () => {
    const { body, ...head } = readCapture('pydantic-ai-2.9.1-agui-bad');
    const stream = decodeStream(body, agUi, head);

    await expect(stream.result()).rejects.toThrow(ServerError);
    await expect(stream.result()).rejects.toThrow(/the peer reports an error: model exploded/);
    expect(stream.partial.text).toBe('Hello ');
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 5 });
  });
});
