import { ConfigurationError, PoolExhaustedError, TimeoutError } from '@linkspan/core';
import { bulkhead } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';
import { get, layerScene } from './layer-scene.ts';

describe('bulkhead()', () => {
  it('lets so many through until their bodies are closed, and others wait in their order', async () => {
    const { open, call, sentAt } = layerScene(() => [bulkhead({ limit: 2 })]);
    const first = await open();
    await open();
    const done: string[] = [];
    const third = call().then(() => done.push('third'));
    const fourth = call().then(() => done.push('fourth'));
    expect(sentAt.length).toBe(2);

    await first.cancel();
    await Promise.all([third, fourth]);
    expect(done).toEqual(['third', 'fourth']);
  });

  it('gives the place back when a call fails', async () => {
    const { call } = layerScene(
      () => [bulkhead({ limit: 1 })],
      () => ({ status: 404 }),
    );

    expect(await call()).toMatchObject({ status: 404 });
    expect(await call()).toMatchObject({ status: 404 });
  });

  it('refuses when too many wait', async () => {
    const { open, call } = layerScene(() => [bulkhead({ limit: 1, maxQueue: 1 })]);
    const first = await open();
    const waits = call();

    const refusal = await call();
    expect(refusal).toBeInstanceOf(PoolExhaustedError);
    expect(refusal).toMatchObject({ code: 'bulkhead_full', sent: 'no' });
    await first.cancel();
    expect(await waits).toBe('peer');
  });

  it('row 71 ends the wait at the deadline, and with the reason of the caller', async () => {
    const { open, call, clock, sentAt } = layerScene(() => [bulkhead({ limit: 1 })]);
    await open();
    const late = call(get, { totalMs: 1000 });
    const caller = new AbortController();
    const reason = new Error('left');
    const left = call(get, { signal: caller.signal });
    caller.abort(reason);
    await clock.advance(1000);

    expect(await left).toBe(reason);
    expect(await late).toBeInstanceOf(TimeoutError);
    expect(await late).toMatchObject({ clock: 'totalMs', phase: 'queue', sent: 'no' });
    expect(sentAt.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps origins apart', async () => {
    const { open, call } = layerScene(() => [bulkhead({ limit: 1, maxQueue: 0 })]);
    await open({ ...get, target: 'https://a.example.com/' });

    expect(await call({ ...get, target: 'https://b.example.com/' })).toBe('peer');
    expect(await call({ ...get, target: 'https://a.example.com/2' })).toBeInstanceOf(
      PoolExhaustedError,
    );
  });

  it('tells what is wrong with its options', () => {
    expect(() => bulkhead({ limit: 0 })).toThrow(ConfigurationError);
  });
});
