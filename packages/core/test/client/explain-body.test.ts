import type { ClientResponse } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { SilentBody } from '../endless-body.ts';
import { settled } from '../stream/resume-scene.ts';
import { get, scene } from './client-scene.ts';
import { failureOf, timeline } from './explain-scene.ts';

describe('client.explain() of a call that was answered', () => {
  it('tells of a body that failed behind its head, and of the clock that ended it', async () => {
    const { client, clock } = scene(async () => ({ body: new SilentBody('a') }), { idleMs: 400 });
    const response = await client.request(get);
    const explained = client.explain(await settled(failureOf(response.text()), clock));

    expect(timeline(explained)?.slice(-3)).toEqual(['0 headers 1', '0 body 1', '400 ended 1']);
    expect(explained).toMatchObject({
      option: { name: 'idleMs', origin: 'argument' },
      advice: ['raise idleMs (400 ms, an option of the client)'],
    });
  });

  it('tells of an answer that is not what was to be read', async () => {
    const { client } = scene(() => ({ body: 'no JSON' }));
    const response = await client.request(get);
    const explained = client.explain(await failureOf(response.json()));

    expect(explained).toMatchObject({ endedBy: 'failure', advice: [] });
    expect(explained?.entries.at(-1)?.failure).toMatchObject({ name: 'DeserializationError' });
  });

  it.each<[string, (response: ClientResponse) => AsyncIterable<unknown>]>([
    ['lines', (response) => response.lines()],
    ['chunks of a size', (response) => response.chunks({ chunkSize: 8 })],
  ])('tells of a body that is read as %s', async (_, read) => {
    const { client, clock } = scene(async () => ({ body: new SilentBody('a') }), { idleMs: 400 });
    const response = await client.request(get);
    const error = await settled(failureOf(Array.fromAsync(read(response))), clock);

    expect(client.explain(error)).toMatchObject({ endedBy: 'clock', elapsedMs: 400 });
  });

  it('tells of a channel that ended behind its head', async () => {
    const { client, clock } = scene(async () => ({ body: new SilentBody('a') }));
    const controller = new AbortController();
    const channel = await client.open(get, { signal: controller.signal });
    await clock.advance(50);
    controller.abort();
    await channel.closed;

    expect(client.explain(controller.signal.reason)).toMatchObject({
      endedBy: 'caller',
      elapsedMs: 50,
    });
  });
});
