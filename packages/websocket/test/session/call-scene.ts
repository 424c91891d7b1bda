import { Deadline, ManualClock } from '@linkspan/concurrency';
import { type CallContext, type Client, createClient } from '@linkspan/core';
import {
  webSocketTransport,
  type WebSocketTransportOptions,
  type WireMessage,
} from '@linkspan/websocket';
import { onTestFinished } from 'vitest';
import { advanceUntil } from '../until.ts';

export const request = { operation: 'OPEN', target: '/talk' } as const;

/** Clocks that no wait of these tests is for. */
const patient = {
  session: true,
  connectMs: Infinity,
  handshakeMs: Infinity,
  pingMs: Infinity,
  closeMs: 600_000,
} as const;

/** A client over a transport whose calls are sessions, on a clock that stands still. */
export function connect(baseUrl: string, options: WebSocketTransportOptions = {}) {
  const clock = new ManualClock();
  const transport = webSocketTransport({ baseUrl, ...patient, clock, ...options });
  const client: Client<unknown, WireMessage> = createClient({
    transport,
    ownTransport: true,
    clock,
    retry: false,
    env: {},
  } as never);
  onTestFinished(() => client.close());
  return { clock, transport, client };
}

/** Waits for something, and turns the hands of the clock meanwhile: connections are made again. */
export async function within<Value>(
  clock: ManualClock,
  work: Promise<Value>,
  stepMs = 10,
): Promise<Value> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  work.then(over, over);
  await advanceUntil(clock, stepMs, () => isOver);
  return await work;
}

export function contextOf(clock: ManualClock, facts: Partial<CallContext> = {}): CallContext {
  return {
    signal: undefined,
    deadline: Deadline.after(Infinity, clock),
    attempt: 1,
    streaming: true,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
    ...facts,
  };
}
