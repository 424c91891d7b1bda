import { StreamIncompleteError } from '@linkspan/core';
import type { ChatEvent } from '@linkspan/sdk';
import { describe, expect, it } from 'vitest';
import { provide, say, ways } from '../provider-clients.ts';

const words = Array.from({ length: 20 }, (_, index) => ` ${index}`);

async function eventsOf(stream: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe.each(ways)('R26 client.stream() with %s', (way) => {
  it('gives text, thoughts, usage and the end as they come', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ chunks: ['One', ' two'], reasoning: 'Count' });

    const stream = await client.stream(say('Count'));
    const events = await eventsOf(stream);

    expect(events).toEqual(
      expect.arrayContaining([
        { type: 'reasoning', text: 'Count' },
        { type: 'text', text: 'One' },
        { type: 'text', text: ' two' },
        expect.objectContaining({ type: 'usage' }) as ChatEvent,
        expect.objectContaining({ type: 'finish', finishReason: 'stop' }) as ChatEvent,
      ]),
    );
    const outcome = await stream.outcome;
    expect(outcome).toMatchObject({ status: 'complete', events: events.length });
    expect(outcome.usage?.outputTokens).toBeGreaterThan(0);
  });

  it('adds up to what the whole answer would have been', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({
      text: 'I look. Ünïcode 🚢',
      reasoning: 'Hm',
      toolCalls: [
        { id: 'call_1', name: 'look', arguments: { at: 'the sea', how: ['far', 'long'] } },
        { id: 'call_2', name: 'wait', arguments: {} },
      ],
    });

    const whole = await client.chat(say('Look'));
    const streamed = await client.stream(say('Look')).result();

    const names = { id: '', requestId: '', raw: '', message: '' };
    expect({ ...streamed, ...names }).toEqual({ ...whole, ...names });
    expect(streamed.id).not.toBe('');
    expect(streamed.requestId).toMatch(/^req_/);
  });

  it('gives the arguments of tools in pieces, by call', async () => {
    const { client, upstream } = await provide(way);
    const args = JSON.stringify({ place: 'Kiel', days: 3 });
    upstream.reply({ toolCalls: [{ id: 'call_1', name: 'weather', arguments: args }] });

    const events = await eventsOf(client.stream(say('Weather?')));

    const pieces = events.filter((event) => event.type === 'tool-call');
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces[0]).toMatchObject({ index: 0, id: 'call_1', name: 'weather' });
    expect(pieces.map((piece) => piece.arguments).join('')).toBe(args);
  });

  it.each(['end', 'reset'] as const)('throws when the stream is cut (%s)', async (how) => {
    const { client, upstream } = await provide(way);
    upstream.reply({ chunks: ['One', ' two', ' three'] });
    upstream.stumble('cut-stream', { how });

    const stream = await client.stream(say('Count'));
    const events: ChatEvent[] = [];
    const reading = (async () => {
      for await (const event of stream) events.push(event);
    })();

    await expect(reading).rejects.toMatchObject({
      kind: how === 'end' ? 'stream-incomplete' : 'network',
    });
    expect((await stream.outcome).status).not.toBe('complete');
    const told = events.filter((event) => event.type === 'text').map(({ text }) => text);
    expect(stream.partial.text).toBe(told.join(''));
    expect(stream.partial.finishReason).toBeUndefined();
  });

  it('keeps what came until then in partial, event by event', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ chunks: words });
    upstream.stumble('stall');

    const stream = await client.stream(say('Count'));
    const told: string[] = [];
    for await (const event of stream) {
      if (event.type !== 'text') continue;
      told.push(event.text);
      expect(stream.partial.text).toBe(told.join(''));
      if (told.length === 5) break;
    }

    expect(told).toEqual(words.slice(0, 5));
  });

  it('fails with what an error in the stream says', async () => {
    const { client, upstream } = await provide(way);
    upstream.stumble('error-in-stream', { afterEvents: 2 });

    const stream = client.stream(say('Hello'));

    await expect(eventsOf(stream)).rejects.toMatchObject({ kind: 'http', sent: 'yes' });
  });

  it('frees the wire when the reader leaves', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ chunks: words });
    upstream.stumble('stall');

    for await (const event of client.stream(say('Hello'))) {
      if (event.type === 'text') break;
    }

    await expect.poll(() => upstream.requests[0]?.state).toBe('left');
    expect(client.client.inFlight()).toHaveLength(0);
  });

  it('fails when the events stop coming', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ chunks: words });
    upstream.stumble('stall');

    const stream = client.stream(say('Hello'), { eventIdleMs: 30 });

    await expect(stream.result()).rejects.toMatchObject({
      kind: 'timeout',
      clock: 'eventIdleMs',
    });
  });

  it('fails when the first event does not come', async () => {
    const { client, upstream } = await provide(way);
    upstream.stumble('no-answer');

    const stream = client.stream(say('Hello'), { firstEventMs: 30 });

    await expect(stream.result()).rejects.toMatchObject({
      kind: 'timeout',
      clock: 'firstEventMs',
    });
  });

  it.each(['html', 'error-body'] as const)(
    'fails on a 200 that is no stream (%s)',
    async (kind) => {
      const { client, upstream } = await provide(way);
      upstream.stumble(kind);

      const error: unknown = await client.stream(say('Hello')).then(
        () => undefined,
        (failure: unknown) => failure,
      );

      expect(error).toMatchObject({ kind: kind === 'html' ? 'protocol' : 'http' });
      expect(error).not.toBeInstanceOf(StreamIncompleteError);
    },
  );
});
