// What does an event cost from the socket to the loop that reads it (G6)? All at once, and paced as
// models pace them, a hundred streams at a time.
import { openaiChat } from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import { createParser } from 'eventsource-parser';
import OpenAI from 'openai';
import { Pool } from 'undici';
import { compare, type Contender } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';
import { startServer } from './start-server.ts';

interface Load {
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
}

/** Reads one stream to its end and tells how many events it had. */
type ReadStream = () => Promise<number>;

function contender(
  name: string,
  load: Load,
  read: ReadStream,
  close?: () => Promise<void>,
): Contender {
  return {
    name,
    async run() {
      const counts = await Promise.all(Array.from({ length: load.streams }, read));
      // The finish chunk is one more event.
      const wrong = counts.find((count) => count !== load.events + 1);
      if (wrong !== undefined)
        throw new Error(`${name} read ${wrong} events, not ${load.events + 1}`);
    },
    ...(close && { close }),
  };
}

function contenders(origin: string, load: Load): Contender[] {
  const path = `/sse?events=${load.events}&everyMs=${load.everyMs}`;
  const body = {
    model: 'bench',
    messages: [{ role: 'user' as const, content: 'hello' }],
    stream: true as const,
  };
  const client = createHttpClient({ baseUrl: origin, connections: load.streams });
  const pool = new Pool(origin, { connections: load.streams });
  const openai = new OpenAI({ apiKey: 'none', baseURL: origin, maxRetries: 0 });
  return [
    contender(
      'linkspan',
      load,
      async () => {
        let count = 0;
        const stream = await client.stream(
          { method: 'POST', path, json: body },
          { dialect: openaiChat },
        );
        for await (const chunk of stream) if (chunk.choices.length > 0) count += 1;
        return count;
      },
      () => client.close(),
    ),
    contender(
      'undici.request + eventsource-parser',
      load,
      async () => {
        let count = 0;
        const answer = await pool.request({
          path,
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        });
        const parser = createParser({
          onEvent({ data }) {
            if (
              data !== '[DONE]' &&
              (JSON.parse(data) as { choices: unknown[] }).choices.length > 0
            )
              count += 1;
          },
        });
        const decoder = new TextDecoder();
        for await (const bytes of answer.body)
          parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
        return count;
      },
      () => pool.close(),
    ),
    contender('openai', load, async () => {
      let count = 0;
      const stream = (await openai.post(path, { body, stream: true })) as AsyncIterable<{
        choices: unknown[];
      }>;
      for await (const chunk of stream) if (chunk.choices.length > 0) count += 1;
      return count;
    }),
  ];
}

export const sseStream: Question = {
  asks: 'CPU of one streamed event, from the socket to the loop (G6)',
  async run({ brief }) {
    const server = await startServer();
    const reference = 'undici.request + eventsource-parser';
    const loads: readonly (Load & { readonly title: string })[] = [
      { title: 'paced, 100 streams', streams: 100, events: brief ? 5 : 100, everyMs: 10 },
      { title: 'all at once, 20 streams', streams: 20, events: brief ? 20 : 5000, everyMs: 0 },
    ];
    for (const load of loads) {
      const units = load.streams * load.events;
      const rows = await compare(contenders(server.origin, load), {
        reference,
        rounds: brief ? 2 : 9,
        units,
      });
      printRows(load.title, reference, rows);
    }
    await server.stop();
  },
};
