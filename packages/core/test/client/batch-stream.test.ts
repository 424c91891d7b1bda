import { describe, expect, it } from 'vitest';
import { scene, targets, to } from './batch-scene.ts';

describe('client.batchStream()', () => {
  it('P17 gives the results as they come', async () => {
    const { client, clock } = scene();
    const indexes: number[] = [];
    const reading = (async () => {
      for await (const { index } of client.batchStream([to('30'), to('10'), to('20')])) {
        indexes.push(index);
      }
    })();
    await clock.advance(30);
    await reading;

    expect(indexes).toEqual([1, 2, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends nothing before the first result is asked for', async () => {
    const { client, seen } = scene(() => ({}));
    const results = client.batchStream(targets(3));
    await Promise.resolve();
    expect(seen.sent).toEqual([]);

    for await (const result of results) expect(result.status).toBe('fulfilled');
    expect(seen.sent).toHaveLength(3);
  });

  it('aborts what is under way when the reader leaves early', async () => {
    const { client, clock, seen } = scene();
    const reading = (async () => {
      const items = [to('10'), to('500'), to('500')];
      for await (const { status } of client.batchStream(items)) {
        if (status === 'fulfilled') break;
      }
    })();
    await clock.advance(10);
    await reading;
    await clock.advance(0);

    expect(seen.running).toBe(0);
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('throws signal.reason when its caller aborts', async () => {
    const { client, clock } = scene();
    const controller = new AbortController();
    const reading = (async () => {
      const results = client.batchStream([to('500')], { signal: controller.signal });
      for await (const result of results) expect.unreachable(result.status);
    })();
    reading.catch(() => {});
    await clock.advance(1);

    controller.abort('enough');

    await expect(reading).rejects.toBe('enough');
    expect(client.inFlight()).toEqual([]);
  });

  it('P14 tells of what was late and of what never began', async () => {
    const { client, clock } = scene();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { status } of client.batchStream([to('100'), to('1')], {
        concurrency: 1,
        totalMs: 50,
      })) {
        seen.push(status);
      }
    })();
    await clock.advance(50);
    await reading;

    expect(seen).toEqual(['cancelled', 'not-started']);
  });
});
