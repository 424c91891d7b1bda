import {
  faultServer,
  type FaultId,
  type FaultScheme,
  type FaultServer,
  type FaultServerOptions,
  leakProbe,
} from '@linkspan/testkit';
import { expect, vi } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import type { HttpClientOptions } from '../../src/client/http-client-options.ts';

/** Numbers of a fault. */
export type Numbers = Readonly<Record<string, number>>;

/** What a test of a row of the fault matrix is called: `row 11: reset-mid-headers {"afterBytes":1}`. */
export function rowName(row: string, fault: FaultId, numbers: Numbers = {}): string {
  const given = Object.keys(numbers).length === 0 ? '' : ` ${JSON.stringify(numbers)}`;
  return `${row}: ${fault}${given}`;
}

/** How a client meets a fault. */
export interface Meeting {
  readonly numbers?: Numbers;
  readonly scheme?: FaultScheme;
  readonly options?: HttpClientOptions;
  readonly serverOptions?: FaultServerOptions;
  /** The server does not read, and cannot see that the client leaves. */
  readonly isBlind?: true;
  /** What is asked. @default a GET whose body is read as text */
  readonly ask?: (client: HttpClient, url: string, signal: AbortSignal) => Promise<unknown>;
}

/** What came of it. */
export interface Met {
  readonly error: unknown;
  readonly value: unknown;
  readonly server: FaultServer;
  readonly url: string;
}

const readText: NonNullable<Meeting['ask']> = async (client, url, signal) =>
  await (await client.get(url, { signal })).text();

/**
 * Has a client meet a fault, and holds it to what is true of every row: it settles once, nothing is
 * rejected beside it, and when its client is closed no connection, timer, listener or call is left.
 */
export async function meetFault(
  fault: FaultId | ((server: FaultServer) => string),
  meeting: Meeting = {},
): Promise<Met> {
  const { numbers, scheme, options, serverOptions, isBlind, ask = readText } = meeting;
  await using server = await faultServer(serverOptions);
  const url = typeof fault === 'string' ? server.url(fault, numbers, scheme) : fault(server);
  const { signal } = new AbortController();
  using probe = leakProbe({ listeners: { signal } });
  const client = createHttpClient({
    retry: false,
    env: {},
    tls: { ca: server.tls.authority },
    ...options,
  });
  let error: unknown;
  let value: unknown;
  try {
    value = await ask(client, url, signal);
  } catch (thrown) {
    error = thrown;
  }
  // The connection of a stream that is complete is kept for a moment, in case that its body ends.
  await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
  for (const pool of client.stats()) expect(pool).toMatchObject({ running: 0, queued: 0 });
  // Before anything is closed: what is open at the server is what the client keeps for later.
  const kept = (): number => client.stats().reduce((sum, { free }) => sum + free, 0);
  if (isBlind !== true) await vi.waitFor(() => expect(server.connections).toBe(kept()));
  await client.close();
  await (isBlind === true ? server.close() : server.idle());
  await probe.check();
  return { error, value, server, url };
}
