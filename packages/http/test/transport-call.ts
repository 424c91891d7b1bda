import { Deadline } from '@linkspan/concurrency';
import type { CallContext, TransportResponse } from '@linkspan/core';
import { onTestFinished } from 'vitest';
import { type HttpTransport, httpTransport } from '../src/http-transport.ts';
import type { HttpTransportOptions } from '../src/options.ts';

/** The context of one call, as a client without limits would make it. */
export function contextOf(facts: Partial<CallContext> = {}): CallContext {
  return {
    signal: undefined,
    deadline: Deadline.unlimited,
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: (status) => status < 400,
    ...facts,
  };
}

/** A transport that closes with the test. */
export function startTransport(options: HttpTransportOptions = {}): HttpTransport {
  const transport = httpTransport(options);
  onTestFinished(() => transport.close());
  return transport;
}

/** A GET, and what it differs in. */
export function get(
  transport: HttpTransport,
  target: string,
  facts: Partial<CallContext> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<TransportResponse> {
  return transport.send({ operation: 'GET', target, headers }, contextOf(facts));
}

/** The body of an answer as text. */
export async function textOf(
  response: TransportResponse | Promise<TransportResponse>,
): Promise<string> {
  const { body } = await response;
  return Buffer.concat(await body.collect()).toString();
}

/** What a promise rejects with; it must reject. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, found ${JSON.stringify(value)}`);
}
