import { ClosedError, isCancelled, toResult } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

describe('toResult()', () => {
  it('E5 gives the value of a promise that is kept', async () => {
    expect(await toResult(Promise.resolve(7))).toEqual({ ok: true, value: 7 });
  });

  it('E5 gives what was thrown, as it is', async () => {
    const error = new ClosedError('Cannot send the request: the client is closed');

    const result = await toResult(Promise.reject(error));

    expect(result).toEqual({ ok: false, error });
    expect(!result.ok && result.error).toBe(error);
  });
});

describe('isCancelled()', () => {
  it('R35 knows the reason of the signal, whatever it is', () => {
    const controller = new AbortController();
    expect(isCancelled(undefined, controller.signal)).toBe(false);

    controller.abort('enough');

    expect(isCancelled('enough', controller.signal)).toBe(true);
    expect(isCancelled(new Error('enough'), controller.signal)).toBe(false);
  });

  it('R35 takes the AbortError of the platform for a cancellation where there is no signal', () => {
    expect(isCancelled(AbortSignal.abort().reason)).toBe(true);
    expect(isCancelled(AbortSignal.timeout)).toBe(false);
    expect(isCancelled(new ClosedError('Closed'))).toBe(false);
  });
});
