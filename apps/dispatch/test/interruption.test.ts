import { describe, expect, it } from 'vitest';
import { Interruption } from '../src/interruption.ts';

describe('Interruption', () => {
  it('lets rows finish at first, and leaves them at the second time', () => {
    let now = 0;
    const interruption = new Interruption(() => now);
    expect(interruption.isStopping).toBe(false);

    expect(interruption.interrupt()).toBe('finishing');
    expect(interruption.isStopping).toBe(true);
    now = 100;
    expect(interruption.interrupt()).toBeUndefined();
    expect(interruption.signal.aborted).toBe(false);
    now = 400;
    expect(interruption.interrupt()).toBe('aborting');
    expect(interruption.signal.aborted).toBe(true);
  });
});
