import { LinkspanError } from '@linkspan/core';
import { createFetch, createHttpClient, type Fetch, type HttpClient } from '@linkspan/http';
import { type MockUpstreams, mockUpstreams } from '@linkspan/testkit';
import { onTestFinished } from 'vitest';

/** Upstreams, and a `fetch` over a client that may talk to them. */
export interface Scene {
  readonly upstreams: MockUpstreams;
  readonly client: HttpClient;
  readonly fetch: Fetch;
}

/** A scene that closes with the test. */
export async function startScene(): Promise<Scene> {
  const upstreams = await mockUpstreams();
  const client = createHttpClient({ baseUrl: upstreams.origin });
  onTestFinished(async () => {
    await client.close();
    await upstreams.close();
  });
  return { upstreams, client, fetch: createFetch(client) };
}

/** All `LinkspanError`s that an error is caused by. */
export function causesOf(error: unknown): LinkspanError[] {
  const causes: LinkspanError[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof LinkspanError) causes.push(cause);
  }
  return causes;
}
