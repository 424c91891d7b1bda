import { tracingChannel } from 'node:diagnostics_channel';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Deadline } from '@linkspan/concurrency';
import { type Body, type CallContext, NotFoundError, type Send } from '@linkspan/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpRequestTrace, traceCalls } from '../../src/client/trace-calls.ts';

const channel = tracingChannel<unknown, HttpRequestTrace>('linkspan:http:request');
const context: CallContext = {
  signal: undefined,
  deadline: Deadline.unlimited,
  attempt: 2,
  streaming: false,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: () => true,
};
const request = {
  operation: 'GET',
  target: 'http://h/a?key=canary',
  headers: { authorization: 'Bearer canary' },
};
const answering: Send = async () => ({
  status: 200,
  headers: { 'set-cookie': 'canary' },
  body: {} as Body,
});

function subscribe(): [string, HttpRequestTrace][] {
  const events: [string, HttpRequestTrace][] = [];
  const note = (name: string) => (trace: unknown) =>
    void events.push([name, { ...(trace as HttpRequestTrace) }]);
  const subscribers = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  };
  channel.subscribe(subscribers);
  onTestFinished(() => {
    channel.unsubscribe(subscribers);
  });
  return events;
}

describe('traceCalls', () => {
  it('E28 publishes start, end and the status of every attempt', async () => {
    const events = subscribe();

    await traceCalls(answering)(request, context);

    expect(events.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(events.at(-1)?.[1]).toMatchObject({ method: 'GET', attempt: 2, status: 200 });
    expect(JSON.stringify(events)).not.toContain('canary');
  });

  it('E28 publishes the failure, and fails with it', async () => {
    const events = subscribe();
    const failure = new NotFoundError('None', { status: 404 });

    await expect(traceCalls(() => Promise.reject(failure))(request, context)).rejects.toBe(failure);

    expect(events.map(([name]) => name)).toEqual([
      'start',
      'end',
      'error',
      'asyncStart',
      'asyncEnd',
    ]);
    expect(events[2]?.[1]).toMatchObject({ error: failure, status: 404 });
  });

  it('runs the attempt inside a store that is bound to start', async () => {
    const store = new AsyncLocalStorage<string>();
    channel.start.bindStore(store, (trace) => trace.method);
    onTestFinished(() => {
      channel.start.unbindStore(store);
    });
    let within: string | undefined;

    await traceCalls(async (...call) => {
      within = store.getStore();
      return await answering(...call);
    })(request, context);

    expect(within).toBe('GET');
  });

  it('hands on the very promise when nobody listens', () => {
    const answer = answering(request, context);

    expect(traceCalls(() => answer)(request, context)).toBe(answer);
  });
});
