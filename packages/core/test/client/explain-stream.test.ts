import { describe, expect, it } from 'vitest';
import { readAll } from '../stream/open-words.ts';
import { reset, resumeScene, settled } from '../stream/resume-scene.ts';

describe('client.explain() of a stream', () => {
  it('tells when it broke, waited and went on, until it failed', async () => {
    const { client, clock, stream } = resumeScene([['1:a ', reset()], ['2:b '], reset()]);
    const opened = await stream({ resume: { maxAttempts: 1 } });
    const { error } = await settled(readAll(opened), clock);

    const explained = client.explain(error);

    expect(explained?.entries.map(({ event }) => event)).toEqual(
      'queue attempt connect headers body failed backoff queue attempt resumed failed backoff queue attempt ended'.split(
        ' ',
      ),
    );
    expect(explained).toMatchObject({ call: { streaming: true }, attempts: 3 });
    expect((await opened.outcome).error).toBe(error);
  });

  it('names the clock of its events, and who set it', async () => {
    const { client, clock, stream } = resumeScene([['1:a ', 'silence']]);
    const opened = await stream({ resume: false, eventIdleMs: 150 });
    const { error } = await settled(readAll(opened), clock);

    expect(client.explain(error)).toMatchObject({
      endedBy: 'clock',
      option: { name: 'eventIdleMs', limitMs: 150, origin: 'call' },
    });
  });

  it('tells that its reader aborted it', async () => {
    const { client, clock, stream } = resumeScene([['1:a ', 'silence']]);
    const controller = new AbortController();
    const opened = await stream({ signal: controller.signal });
    const read = readAll(opened);
    await clock.advance(30);
    controller.abort();
    await read;

    expect(client.explain(controller.signal.reason)).toMatchObject({
      endedBy: 'caller',
      elapsedMs: 30,
    });
  });

  it('keeps the first and the last of very many marks', async () => {
    const answers = Array.from({ length: 40 }, (_, id) => [`${id + 1}:a `, reset()] as const);
    const { client, clock, stream } = resumeScene([...answers, reset()]);
    const { error } = await settled(readAll(await stream({ resume: { maxAttempts: 1 } })), clock);

    const explained = client.explain(error);

    expect(explained?.entries).toHaveLength(65);
    expect(explained?.omitted).toBeGreaterThan(100);
    expect(explained?.entries[0]).toMatchObject({ event: 'queue', atMs: 0 });
  });
});
