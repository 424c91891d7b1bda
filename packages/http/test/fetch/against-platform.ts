import { createFetch, createHttpClient, type Fetch } from '@linkspan/http';
import { expect, it, onTestFinished } from 'vitest';
import { rejection } from '../transport-call.ts';
import { startEchoServer } from './echo-server.ts';

/** A `fetch`: the platform's, or ours. */
export type AnyFetch = typeof globalThis.fetch;

/** Uses a `fetch` and tells what can be seen. */
export type Probe = (fetch: AnyFetch, origin: string) => unknown;

/** Holds our `fetch` to what the platform's does on the same server, probe by probe. */
export function compareWithPlatform(probes: Readonly<Record<string, Probe>>): void {
  it.each(Object.entries(probes))('%s', async (_name, probe) => {
    const { url } = await startEchoServer();
    const client = createHttpClient();
    onTestFinished(() => client.close());
    const ours: Fetch = createFetch(client);

    expect(await probe(ours as AnyFetch, url)).toEqual(await probe(fetch, url));
  });
}

/** A POST. */
export const post = (body: RequestInit['body'], init: RequestInit = {}): RequestInit => ({
  method: 'POST',
  body: body as never,
  ...init,
});

/** What can be seen of a failure: fetch says little, and in a class and a message. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  if (!(error instanceof Error)) return error;
  const { name, message, cause } = error;
  const isWire = message === 'fetch failed' || message === 'terminated';
  return {
    name,
    isTypeError: error instanceof TypeError,
    ...(isWire && { message, isCaused: cause !== undefined }),
  };
}
