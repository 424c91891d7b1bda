// How fast are bytes turned into events, and events into JSON (G5)? The reference is
// eventsource-parser behind the TextDecoder that its string input needs.
import { createSseDecoder, type SseEvent } from '@linkspan/dialects';
import { createParser } from 'eventsource-parser';
import { compare, type Contender } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';

function recording(bytes: number): { whole: Uint8Array; events: string[] } {
  const events: string[] = [];
  let text = '';
  for (let index = 0; text.length < bytes; index += 1) {
    const data = JSON.stringify({
      id: 'chatcmpl-C2QD2NQfRbWW5ww5we2oDjS1mgHtK',
      object: 'chat.completion.chunk',
      created: 1_754_693_440,
      model: 'gpt-4o-2024-08-06',
      service_tier: 'default',
      system_fingerprint: 'fp_07871e2ad8',
      choices: [
        { index: 0, delta: { content: ` word${index % 97}` }, logprobs: null, finish_reason: null },
      ],
      usage: null,
    });
    events.push(data);
    text += `data: ${data}\n\n`;
  }
  return { whole: new TextEncoder().encode(text), events };
}

function split(whole: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
  return chunks;
}

function contenders(
  chunks: readonly Uint8Array[],
  events: readonly string[],
  json: boolean,
): Contender[] {
  let sink = 0;
  const take = (data: string): void => {
    sink += json ? (JSON.parse(data) as { created: number }).created : data.length;
  };
  const takeAll = (batch: readonly SseEvent[]): void => {
    for (const event of batch) take(event.data);
  };
  const list: Contender[] = [
    {
      name: 'linkspan',
      run() {
        const decoder = createSseDecoder();
        for (const chunk of chunks) takeAll(decoder.push(chunk));
        takeAll(decoder.end());
        return sink;
      },
    },
    {
      name: 'eventsource-parser',
      run() {
        const parser = createParser({ onEvent: ({ data }) => take(data) });
        const decoder = new TextDecoder();
        for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
        return sink;
      },
    },
  ];
  if (json) list.push({ name: 'JSON.parse alone', run: () => events.forEach(take) });
  return list;
}

export const sseDecode: Question = {
  asks: 'bytes to events, and to JSON, by the size of the chunks (G5)',
  async run({ brief }) {
    const { whole, events } = recording(brief ? 200_000 : 4_000_000);
    const rounds = brief ? 3 : 15;
    for (const size of [16, 1024, 65_536]) {
      const chunks = split(whole, size);
      for (const json of [false, true]) {
        const reference = json ? 'JSON.parse alone' : 'eventsource-parser';
        const list = contenders(chunks, events, json);
        const rows = await compare(list, { reference, rounds, units: events.length });
        printRows(`${size} B chunks${json ? ', with JSON' : ''}, per event`, reference, rows);
      }
    }
  },
};
