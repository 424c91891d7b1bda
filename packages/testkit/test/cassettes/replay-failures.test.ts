import { Deadline } from '@linkspan/concurrency';
import {
  ConnectionResetError,
  ConnectionTimeoutError,
  createClient,
  memoryTransport,
  RateLimitError,
} from '@linkspan/core';
import { fault, recordingTransport, replayTransport, sequence, testClock } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { contextOf, rejection, textOf } from '../transport-call.ts';
import { get, record, replayed } from './recorded.ts';

describe('a replayed failure', () => {
  it('fails where the recording failed, with the same class and facts', async () => {
    const steps = [
      fault.reset(),
      fault.cut(['ha', 'lf']),
      fault.status(429, { retryAfterMs: 5e3 }),
    ];
    const cassette = await record(sequence(steps), [get(), get(), get()]);
    const client = createClient({ transport: replayTransport(cassette), retry: false });

    expect(await rejection(client.request(get()))).toMatchObject({
      constructor: ConnectionResetError,
      phase: 'headers',
      sent: 'maybe',
      retryable: 'if-idempotent',
    });
    const { body } = await client.request(get());
    const seen: string[] = [];
    const cut = await rejection(
      (async () => {
        for await (const chunk of body) seen.push(Buffer.from(chunk).toString());
      })(),
    );
    expect(seen).toEqual(['ha', 'lf']);
    expect(cut).toMatchObject({
      constructor: ConnectionResetError,
      code: 'body_truncated',
      phase: 'body',
      sent: 'yes',
    });
    expect(await rejection(client.request(get()))).toMatchObject({
      constructor: RateLimitError,
      retryAfterMs: 5_000,
    });
  });

  it('fails with the clock that ran out, its limit and the time it took', async () => {
    const clock = testClock();
    const transport = recordingTransport(memoryTransport(fault.connectTimeout({ limitMs: 70 })));
    const call = rejection(transport.send(get(), contextOf({ deadline: Deadline.never(clock) })));
    await clock.runUntil(call);

    expect(
      await rejection(replayTransport(transport.cassette()).send(get(), contextOf())),
    ).toMatchObject({
      constructor: ConnectionTimeoutError,
      kind: 'timeout',
      clock: 'connectMs',
      limitMs: 70,
      elapsedMs: 70,
    });
  });

  it('goes no further than its recording: what was left fails when it is read on', async () => {
    const transport = recordingTransport(
      memoryTransport(() => ({ body: 'x'.repeat(10) })),
      {
        maxBodyBytes: 4,
      },
    );
    const left = recordingTransport(memoryTransport(fault.stall(['begun'])));
    await textOf(await transport.send(get(), contextOf()));
    const begun = (await left.send(get(), contextOf())).body[Symbol.asyncIterator]();
    await begun.next();
    await begun.return?.();

    await expect(replayed(transport.cassette(), get())).rejects.toThrow(/no more than 4 bytes/);
    const { body } = await replayTransport(left.cassette()).send(get(), contextOf());
    const reader = body[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: new TextEncoder().encode('begun') });
    expect(await rejection(reader.next())).toMatchObject({
      code: 'recording_over',
      message: expect.stringContaining('its reader left') as string,
    });
  });

  it('is as silent as the peer was that never answered', async () => {
    const clock = testClock();
    const transport = recordingTransport(memoryTransport(fault.silent()));
    const controller = new AbortController();
    const recording = rejection(transport.send(get(), contextOf({ signal: controller.signal })));
    controller.abort('enough');
    await recording;
    const replay = replayTransport(transport.cassette());
    const late = replay.send(get(), contextOf({ deadline: Deadline.after(100, clock) }));

    await expect(clock.runUntil(late)).rejects.toMatchObject({ clock: 'totalMs', sent: 'maybe' });
    expect(clock.pendingTimers).toBe(0);
  });
});
