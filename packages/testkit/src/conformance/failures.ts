import assert from 'node:assert/strict';
import { ClosedError, type ClockName, type LinkspanError, TimeoutError } from '@linkspan/core';
import { assertSame } from './assert-same.ts';
import { describeError, type Trial } from './trial.ts';

/** Fails unless a clock ran out, and this one. */
export function assertTimeout(error: unknown, clock: ClockName): void {
  assert.ok(
    error instanceof TimeoutError,
    `Expected a TimeoutError, found ${describeError(error)}`,
  );
  assert.ok(
    error.clock === clock,
    `Expected the clock '${clock}' to be named, found '${error.clock}'`,
  );
}

/** Fails unless it says that the transport is closed. */
export function assertClosed(error: unknown): void {
  assert.ok(error instanceof ClosedError, `Expected a ClosedError, found ${describeError(error)}`);
}

/** Fails unless it is the caller's own reason, the very same. */
export function assertReason(error: unknown, reason: unknown): void {
  assert.ok(
    Object.is(error, reason),
    `Expected signal.reason itself (${describeError(reason)}), found ${describeError(error)}`,
  );
}

/** Fails unless the failure says that nothing was sent, and the peer saw nothing. */
export async function assertNotSent(error: LinkspanError, trial: Trial): Promise<void> {
  assert.ok(error.sent === 'no', `Expected sent to be 'no', found '${error.sent}'`);
  // What was sent after all is on its way: it is given time to arrive.
  await trial.pass(30);
  assertSame(trial.peer.requests, 0, 'Expected the peer to get no request');
}

/** Fails when the failure denies that a request, which the peer has, may have reached it. */
export function assertMayBeSent(error: LinkspanError): void {
  assert.ok(
    error.sent !== 'no',
    `The peer has the request, and the failure says that it was not sent: ${describeError(error)}`,
  );
}
