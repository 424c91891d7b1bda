import { getEventListeners } from 'node:events';
import { addAbortListener, removeAbortListener } from '@linkspan/concurrency';
import { expect, it } from 'vitest';

function listening(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

it('tells many listeners once, behind one listener on their signal', () => {
  const controller = new AbortController();
  const told: [number, unknown][] = [];
  for (let index = 0; index < 3; index += 1) {
    addAbortListener(controller.signal, { onAbort: (reason) => told.push([index, reason]) });
  }
  expect(listening(controller.signal)).toBe(1);
  controller.abort('enough');

  expect(told).toEqual([
    [0, 'enough'],
    [1, 'enough'],
    [2, 'enough'],
  ]);
  expect(listening(controller.signal)).toBe(0);
});

it('tells nobody who was taken back, and leaves the signal when nobody listens', () => {
  const { signal } = new AbortController();
  const first = { onAbort: () => expect.unreachable() };
  const second = { onAbort: () => expect.unreachable() };
  addAbortListener(signal, first);
  addAbortListener(signal, second);
  removeAbortListener(signal, first);
  removeAbortListener(signal, first);
  expect(listening(signal)).toBe(1);
  removeAbortListener(signal, second);
  expect(listening(signal)).toBe(0);
});

it('lets a listener take back another while they are told', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const second = { onAbort: () => expect.unreachable() };
  addAbortListener(signal, { onAbort: () => removeAbortListener(signal, second) });
  addAbortListener(signal, second);
  controller.abort();
  expect(listening(signal)).toBe(0);
});
