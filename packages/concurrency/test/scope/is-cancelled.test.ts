import { setTimeout as nodeSleep } from 'node:timers/promises';
import { CancelScope, isCancelled } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';

describe('isCancelled()', () => {
  it('R35 recognises the reason of the signal, and nothing else', () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);

    expect(isCancelled(reason, signal)).toBe(true);
    expect(isCancelled(new Error('enough'), signal)).toBe(false);
    expect(isCancelled(reason, new AbortController().signal)).toBe(false);
  });

  it('recognises the AbortError that platform functions throw instead of the reason', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const error: unknown = await nodeSleep(1, undefined, { signal }).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).not.toBe(signal.reason);
    expect(isCancelled(error, signal)).toBe(true);
    expect(isCancelled(error, AbortSignal.abort(new Error('another reason')))).toBe(false);
  });

  it('takes a scope as well as a signal', () => {
    const scope = new CancelScope();
    scope.cancel();

    expect(isCancelled(scope.reason, scope)).toBe(true);
  });

  it('tells an AbortError from other errors without a signal', () => {
    expect(isCancelled(new DOMException('aborted', 'AbortError'))).toBe(true);
    expect(isCancelled(new DOMException('too slow', 'TimeoutError'))).toBe(false);
    expect(isCancelled('AbortError')).toBe(false);
  });
});
