import { type Channel, createClient, type LinkspanError } from '@linkspan/core';
import { faultServer, type FaultId, type FaultServer, leakProbe } from '@linkspan/testkit';
import { webSocketTransport, type WebSocketTransportOptions } from '@linkspan/websocket';
import { expect, vi } from 'vitest';
import type { WireMessage } from '../../src/wire/inbox.ts';

/** Numbers of a fault. */
export type Numbers = Readonly<Record<string, number>>;

/** What a test of a row of the fault matrix is called: `row 62: websocket-close {"code":4001}`. */
export function rowName(row: string, fault: FaultId, numbers: Numbers = {}): string {
  const given = Object.keys(numbers).length === 0 ? '' : ` ${JSON.stringify(numbers)}`;
  return `${row}: ${fault}${given}`;
}

/** How a client meets a fault. */
export interface Meeting {
  readonly numbers?: Numbers;
  readonly options?: WebSocketTransportOptions;
  readonly totalMs?: number;
  /** Whether the server does not see that the client leaves. */
  readonly isBlind?: true;
  /** What is done with the channel. @default it is read to its end */
  readonly talk?: (channel: Channel<WireMessage>, server: FaultServer) => Promise<unknown>;
}

/** What came of it. */
export interface Met {
  readonly error: LinkspanError | undefined;
  readonly value: unknown;
  /** The messages that came before the end. */
  readonly seen: readonly WireMessage[];
}

/**
 * Has a client meet a fault, and holds it to what is true of every row: it settles once, nothing is
 * rejected beside it, and no connection, timer, listener or call is left.
 */
export async function meetFault(fault: FaultId, meeting: Meeting = {}): Promise<Met> {
  const { numbers, options, totalMs, isBlind, talk } = meeting;
  await using server = await faultServer();
  const url = server.url(fault, numbers).replace(/^http/, 'ws');
  const { signal } = new AbortController();
  using probe = leakProbe({ listeners: { signal } });
  const transport = webSocketTransport({ tls: { ca: server.tls.authority }, ...options });
  const client = createClient({ transport, retry: false, env: {} });
  const seen: WireMessage[] = [];
  let error: unknown;
  let value: unknown;
  try {
    const channel = await client.open({ operation: 'OPEN', target: url }, { signal, totalMs });
    if (talk === undefined) for await (const message of channel) seen.push(message);
    else value = await talk(channel, server);
    value ??= await channel.closed;
  } catch (thrown) {
    error = thrown;
  }
  await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
  if (isBlind !== true) await vi.waitFor(() => expect(server.connections).toBe(0));
  await client.close();
  await transport.close();
  if (isBlind === true) await server.close();
  await probe.check();
  return { error: error as LinkspanError | undefined, value, seen };
}
