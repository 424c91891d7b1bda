import { createHash } from 'node:crypto';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { createSseDecoder } from '@linkspan/dialects';
import { splitEveryWay } from './split-bytes.ts';
import { hasWireSamples, wireSamples } from './wire-samples.ts';

describe.skipIf(!hasWireSamples)('createSseDecoder() on recorded traffic', () => {
  it.each(wireSamples())('gives the events of $id in any split', ({ bytes, framing }) => {
    const dataOfParser: string[] = [];
    createParser({ onEvent: ({ data }) => dataOfParser.push(data) }).feed(
      new TextDecoder().decode(bytes),
    );

    for (const chunks of splitEveryWay(bytes)) {
      const decoder = createSseDecoder();
      const events = [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];

      expect(events.map(({ data }) => data)).toEqual(dataOfParser);
      expect(events).toHaveLength(framing.events);
      expect(countTypes(events)).toEqual(framing.event_types);
      const text = events.map(({ type, data }) => `${type}\x1f${data}`).join('\x1e');
      expect(createHash('sha256').update(text).digest('hex')).toBe(framing.data_sha256);
      expect(decoder.lastEventId).toBe(framing.last_event_id);
      expect(decoder.retryMs ?? null).toBe(framing.retry);
    }
  });
});

function countTypes(events: readonly { readonly type: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
