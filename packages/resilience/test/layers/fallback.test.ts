import {
  CircuitOpenError,
  ConnectionResetError,
  memoryTransport,
  type MemoryAnswer,
} from '@linkspan/core';
import { answerOf, fallback, type FallbackOptions } from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';
import { get, layerScene } from './layer-scene.ts';

function scene(answer: () => MemoryAnswer | Promise<MemoryAnswer>, options?: FallbackOptions) {
  const other = vi.fn<() => MemoryAnswer>(() => ({ body: 'other' }));
  const layer = fallback(memoryTransport(other).send, options);
  return { other, ...layerScene(() => [layer], answer) };
}

const failWith = (error: Error) => (): never => {
  throw error;
};

describe('fallback()', () => {
  it.each([
    ['does not work', () => ({ status: 503 })],
    ['cannot be reached', failWith(new ConnectionResetError('x'))],
    ['refuses by a limit', () => ({ status: 429 })],
    ['is not asked', failWith(new CircuitOpenError('x'))],
  ])('takes the other way when the peer %s', async (_what, answer) => {
    expect(await scene(answer).call()).toBe('other');
  });

  it('does not take it for what is wrong with the request', async () => {
    const { call, other } = scene(() => ({ status: 400 }));

    expect(await call()).toMatchObject({ status: 400 });
    expect(other).not.toHaveBeenCalled();
  });

  it('takes it when its user says so, and tells of it', async () => {
    const onFallback = vi.fn<(error: unknown) => void>();
    const { call } = scene(() => ({ status: 404 }), { when: () => true, onFallback });

    expect(await call()).toBe('other');
    expect(onFallback).toHaveBeenCalledWith(expect.objectContaining({ status: 404 }), get);
  });

  it('fails with what the other way fails with, which tells of the failure before', async () => {
    const { call, other } = scene(() => ({ status: 503 }));
    other.mockImplementation(failWith(new ConnectionResetError('Cannot read: reset')));

    expect(await call()).toMatchObject({
      kind: 'network',
      attempts: 2,
      message: expect.stringMatching(/^Cannot read: reset; what .* failed, too: 1\. .*status 503/),
    });
  });

  it('fails with the status of the other way, as with that of the first', async () => {
    const { call, other } = scene(() => ({ status: 503 }));
    other.mockImplementation(() => ({ status: 502 }));

    expect(await call()).toMatchObject({ kind: 'http', status: 502 });
  });

  it('survives a hook that throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onFallback = failWith(new Error('hook'));

    expect(await scene(() => ({ status: 503 }), { onFallback }).call()).toBe('other');
    expect(warn).toHaveBeenCalledOnce();
  });

  it('goes nowhere when the caller has left, or the time is over', async () => {
    const { call, other, clock } = scene(() => new Promise(() => {}), { when: () => true });
    const caller = new AbortController();
    const left = call(get, { signal: caller.signal });
    const late = call(get, { totalMs: 100 });
    const reason = new Error('left');
    caller.abort(reason);
    await clock.advance(100);

    expect(await left).toBe(reason);
    expect(await late).toMatchObject({ clock: 'totalMs' });
    expect(other).not.toHaveBeenCalled();
  });

  it('answers with a value', async () => {
    const layer = fallback((_request, context) =>
      Promise.resolve(answerOf({ items: [] }, context)),
    );
    const { open } = layerScene(
      () => [layer],
      () => ({ status: 500 }),
    );

    expect(await (await open()).json()).toEqual({ items: [] });
  });
});
