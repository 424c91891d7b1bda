import {
  ConnectionError,
  ConnectionResetError,
  ConnectionTimeoutError,
  type LinkspanError,
  ProtocolError,
  redactText,
  SerializationError,
  TransportError,
} from '@linkspan/core';
import type { ChildExit } from './child.ts';

const transport = 'stdio';

/** The failure of a process that was not started: nothing was sent. */
export function startFailure(cause: unknown): LinkspanError {
  const { code } = cause as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such program, or no such folder to run it in',
    EACCES: 'it may not be run',
    E2BIG: 'its arguments are too long',
  };
  const isKnown = code !== undefined && Object.hasOwn(reasons, code);
  return new ConnectionError(
    `Cannot start the process: ${isKnown ? reasons[code] : 'the system refused'}`,
    {
      code: 'process_not_started',
      // What the system has too few of may be there later; a program that is not there may not.
      retryable: isKnown ? 'no' : 'yes',
      sent: 'no',
      transport,
      cause,
    },
  );
}

/** The failure of a call whose process ended before the answer was whole. */
export function exitFailure(exit: ChildExit, phase: 'send' | 'headers' | 'body'): LinkspanError {
  const sent = ({ send: 'no', headers: 'maybe', body: 'yes' } as const)[phase];
  return new ConnectionResetError(`Cannot get an answer: the process ${describeExit(exit)}`, {
    code: 'process_exited',
    phase,
    sent,
    ...(sent === 'no' && { retryable: 'yes' }),
    transport,
  });
}

/** The failure of a process that was not ready in time: nothing was sent. */
export function startTimeout(connectMs: number): ConnectionTimeoutError {
  return new ConnectionTimeoutError(
    `Cannot start the process: it did not answer the greeting within ${connectMs} ms (connectMs)`,
    { sent: 'no', transport, limitMs: connectMs, elapsedMs: connectMs },
  );
}

/** What the process wrote is no message. */
export function garbageFailure(line: string, phase: 'headers' | 'body'): ProtocolError {
  const start = redactText(line.slice(0, 200)).slice(0, 80);
  return new ProtocolError(
    `Cannot read the answers: the process wrote what is no message of JSON-RPC: ${JSON.stringify(start)}`,
    // Before an answer, nobody knows whether it had read the request when it wrote that.
    { code: 'not_json_rpc', phase, sent: phase === 'body' ? 'yes' : 'maybe', transport },
  );
}

/** The greeting of a new process was refused. */
export function greetingFailure(method: string, answer: string): LinkspanError {
  return new TransportError(
    `Cannot start the process: it refused '${method}' of the greeting: ${redactText(answer.slice(0, 400)).slice(0, 200)}`,
    { code: 'greeting_refused', phase: 'connect', sent: 'no', transport },
  );
}

/** The request cannot be written. */
export function unwritable(reason: string): SerializationError {
  return new SerializationError(`Cannot send the request: ${reason}`, { sent: 'no', transport });
}

/** The payload broke off, and its process was ended: it must not take what came for a whole. */
export function payloadFailure(cause: unknown): LinkspanError {
  return new TransportError('Cannot send the request: its payload failed', {
    code: 'payload',
    phase: 'send',
    sent: 'maybe',
    transport,
    cause,
  });
}

function describeExit({ code, signal, stderr }: ChildExit): string {
  const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  return stderr === '' ? how : `${how}, and said at last: ${stderr}`;
}
