import type {
  CallContext,
  Middleware,
  Send,
  TransportRequest,
  TransportResponse,
} from '@linkspan/core';
import type { Gate, Pass } from './gate.ts';

/** What is done about a call that has failed, at the gate or behind it. */
export type Recover = (
  request: TransportRequest,
  context: CallContext,
  error: unknown,
) => Promise<TransportResponse>;

/**
 * Makes a layer of a gate. A call that need not wait costs one promise and no async function, whose
 * frame would cost more than all that the gates of this package do.
 *
 * @param recover takes the place of a failure. @default the call fails
 */
export function gated(gate: Gate, recover: Recover = fail): Middleware {
  return (next) => (request, context) => {
    let pass: Pass | Promise<Pass>;
    try {
      pass = gate.admit(request, context);
    } catch (refusal) {
      return recover(request, context, refusal);
    }
    if (!(pass instanceof Promise)) return sendWith(pass, next, request, context, recover);
    return pass.then(
      (late) => sendWith(late, next, request, context, recover),
      (refusal: unknown) => recover(request, context, refusal),
    );
  };
}

const fail: Recover = (_request, _context, error) => Promise.reject(error);

function sendWith(
  pass: Pass,
  next: Send,
  request: TransportRequest,
  context: CallContext,
  recover: Recover,
): Promise<TransportResponse> {
  return begin(next, request, context).then(
    (response) => {
      try {
        return pass.answered(response);
      } catch (error) {
        pass.failed(error);
        return recover(request, context, error);
      }
    },
    (error: unknown) => {
      pass.failed(error);
      return recover(request, context, error);
    },
  );
}

/** A layer that throws instead of rejecting must not keep its pass for ever. */
function begin(
  next: Send,
  request: TransportRequest,
  context: CallContext,
): Promise<TransportResponse> {
  try {
    return next(request, context);
  } catch (error) {
    return Promise.reject(error);
  }
}
