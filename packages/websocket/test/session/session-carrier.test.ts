import { Socket } from 'node:net';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { defaultReconnect } from '../../src/client/reconnect-options.ts';
import type { OpenedUpgrade } from '../../src/connect/handshake.ts';
import { SessionCarrier } from '../../src/session/session-carrier.ts';
import { SessionClient } from '../../src/session/session-client.ts';
import { SessionDialer } from '../../src/session/session-dialer.ts';
import { smallSettings } from './lossy-link.ts';

describe('SessionCarrier', () => {
  it('takes down a connection that was made for a session which has ended meanwhile', async () => {
    const clock = new ManualClock();
    const settings = { ...smallSettings(clock), pingMs: 20_000, pongMs: 10_000 };
    const client = new SessionClient(settings, (message) => message);
    const reason = new Error('Enough');
    const socket = new Socket();
    const opener = {
      request: () => ({ operation: 'CONNECT', target: 'ws://127.0.0.1' }),
      open: async () => {
        client.session.fail(reason);
        const opened = { socket, webSocket: {} as WebSocket, peer: 'ws://127.0.0.1' };
        return { status: 101, headers: {}, opened } as OpenedUpgrade;
      },
    };
    const { signal } = new AbortController();
    const dialer = new SessionDialer(
      opener,
      Math.random,
      defaultReconnect(),
      Deadline.unlimited,
      signal,
    );
    const carrier = new SessionCarrier(client, dialer, { ...settings, highWaterBytes: 1_000 }, {});

    await expect(carrier.goOn(undefined)).rejects.toBe(reason);
    expect(socket.destroyed).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
