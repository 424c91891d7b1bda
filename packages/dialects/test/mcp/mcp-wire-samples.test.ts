import fc from 'fast-check';
import { mcp2025 } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { post, readAnswer } from '../read-answer.ts';
import { splitAt, splitBySize } from '../split-bytes.ts';
import { hasWireSamples, wireSamples } from '../wire-samples.ts';

/** What is known of the messages of a recorded answer. */
interface ExpectedMessages {
  readonly messages: number;
  readonly text: string;
  readonly is_error?: boolean;
  readonly tool_names?: readonly string[];
  readonly finish_reason: string;
  readonly complete: boolean;
  readonly responses: readonly { readonly id: number; readonly keys: readonly string[] }[];
  readonly notifications: readonly string[];
}

describe.skipIf(!hasWireSamples)('mcp2025 on recorded traffic', () => {
  it.each(wireSamples('mcp-streamable-http'))(
    'gives the messages of $id in any split',
    async (sample) => {
      const expected = sample.expected as unknown as ExpectedMessages;
      const request = post('/mcp', { jsonrpc: '2.0', id: expected.responses[0]?.id, method: 'x' });
      const { bytes } = sample;
      const places = fc.sample(fc.array(fc.nat(), { maxLength: 40 }), { numRuns: 10, seed: 7 });
      const splits = [[bytes], splitBySize(bytes, 1), splitBySize(bytes, 7)];

      for (const chunks of [...splits, ...places.map((cuts) => splitAt(bytes, cuts))]) {
        // oxlint-disable-next-line no-await-in-loop -- one split after another
        const { events, partial, outcome } = await readAnswer(mcp2025, chunks, { request });

        expect(events).toHaveLength(expected.messages);
        expect(namesOf(events)).toEqual(expected.notifications);
        expect(Object.keys(partial.result ?? {}).toSorted()).toEqual(expected.responses[0]?.keys);
        expect(partial.text).toBe(expected.text);
        expect(partial.isError).toBe(expected.is_error ?? false);
        const tools = partial.result?.['tools'] as readonly { name: string }[] | undefined;
        expect(tools?.map(({ name }) => name)).toEqual(expected.tool_names);
        expect(outcome.status).toBe(expected.complete ? 'complete' : 'incomplete');
        expect(outcome.finishReason).toBe(expected.finish_reason);
        expect(outcome.lastEventId ?? '').toBe(sample.framing.last_event_id);
      }
    },
  );
});

function namesOf(events: readonly object[]): readonly unknown[] {
  return events.flatMap((event) => ('method' in event ? [event.method] : []));
}
