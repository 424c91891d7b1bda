import { expect, it, vi } from 'vitest';
import { failOnUnhandled } from '../../src/conformance/unhandled.ts';

const reject = async (): Promise<void> => {
  void Promise.reject(new Error('for nobody'));
};

it('fails what leaves a rejection that nobody handles, and spares the listeners of others', async () => {
  const other = vi.fn<() => void>();
  process.on('unhandledRejection', other);
  const before = process.listeners('unhandledRejection');

  await expect(failOnUnhandled(reject)).rejects.toThrow('The first is: Error: for nobody');

  expect(other).not.toHaveBeenCalled();
  expect(process.listeners('unhandledRejection')).toEqual(before);
  process.off('unhandledRejection', other);
});

it('gives the listeners back when the last of several watches is over', async () => {
  const before = process.listeners('uncaughtException');
  const gate = Promise.withResolvers<void>();
  const slow = failOnUnhandled(() => gate.promise);
  await failOnUnhandled(async () => {});
  expect(process.listeners('uncaughtException')).not.toEqual(before);

  gate.resolve();
  await slow;

  expect(process.listeners('uncaughtException')).toEqual(before);
});

it('tells what failed in the first place, and not what that left behind', async () => {
  const first = new Error('first');
  const run = async (): Promise<void> => {
    void Promise.reject(new Error('for nobody'));
    throw first;
  };

  await expect(failOnUnhandled(run)).rejects.toBe(first);
});
