import { connectWebSocket } from '@linkspan/websocket';
import { faultServer, type FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { meetFault, type Numbers, rowName } from './meet-fault.ts';

const handshake = { kind: 'protocol', code: 'ws_handshake', retryable: 'no', sent: 'yes' };

type Row = readonly [
  row: string,
  fault: FaultId,
  numbers: Numbers,
  found: object,
  options?: {
    readonly handshakeMs?: number;
    readonly deflate?: boolean;
    readonly connectMs?: number;
  },
];

const rows: readonly Row[] = [
  [
    'row 54',
    'upgrade-status',
    { status: 401 },
    { kind: 'http', status: 401, code: 'authentication', retryable: 'no', body: 'no upgrade: 401' },
  ],
  ['row 54', 'upgrade-status', { status: 403 }, { code: 'permission', retryable: 'no' }],
  ['row 54', 'upgrade-status', { status: 404 }, { code: 'not_found', retryable: 'no' }],
  [
    'row 54',
    'upgrade-status',
    { status: 429, retryAfter: 7 },
    { code: 'rate_limit', retryable: 'yes', retryAfterMs: 7_000 },
  ],
  [
    'row 54',
    'upgrade-status',
    { status: 503, retryAfter: 2 },
    { code: 'unavailable', retryable: 'yes', retryAfterMs: 2_000 },
  ],
  ['row 54', 'upgrade-status', { status: 500 }, { code: 'server_error' }],
  ['row 54', 'upgrade-ignored', {}, handshake],
  ['row 54', 'upgrade-wrong-accept', {}, handshake],
  ['row 54', 'upgrade-no-accept', {}, handshake],
  ['row 54', 'upgrade-wrong-protocol', {}, handshake],
  ['row 54', 'upgrade-wrong-connection', {}, handshake],
  ['row 54', 'upgrade-unknown-extension', {}, handshake],
  ['row 54', 'upgrade-deflate-window', { bits: 99 }, handshake],
  ['row 54', 'upgrade-deflate-window', { bits: 99 }, handshake, { deflate: true }],
  ['row 54', 'upgrade-deflate-window', { bits: 7 }, handshake, { deflate: true }],
  [
    'row 55',
    'upgrade-hang',
    {},
    {
      kind: 'timeout',
      code: 'handshake_timeout',
      clock: 'handshakeMs',
      phase: 'headers',
      retryable: 'yes',
      sent: 'maybe',
      limitMs: 80,
    },
    { handshakeMs: 80 },
  ],
  [
    'row 58',
    'upgrade-reset',
    {},
    {
      kind: 'network',
      code: 'connection_reset',
      phase: 'headers',
      sent: 'maybe',
      retryable: 'yes',
    },
  ],
];

describe('a handshake', () => {
  it.each(rows.map((row) => [rowName(row[0], row[1], row[2]), ...row] as const))(
    '%s',
    async (_name, _row, fault, numbers, found, options) => {
      const { error } = await meetFault(fault, { numbers, ...(options && { options }) });

      expect(error).toMatchObject(found);
    },
  );

  it('row 54: a client for people is told the same', async () => {
    await using server = await faultServer();
    const open = (status: number): Promise<unknown> =>
      connectWebSocket(server.url('upgrade-status', { status, retryAfter: 3 })).catch(
        (error: unknown) => error,
      );

    expect(await open(401)).toMatchObject({ status: 401, body: 'no upgrade: 401', sent: 'yes' });
    expect(await open(429)).toMatchObject({ status: 429, retryAfterMs: 3_000 });
    await server.idle();
  });

  it.each<[row: string, fault: FaultId, found: object]>([
    ['row 3', 'connect-refused', { code: 'connection_refused', sent: 'no', retryable: 'yes' }],
    ['row 6', 'tls-unknown-authority', { code: 'tls_certificate', retryable: 'no', sent: 'no' }],
    ['row 6', 'tls-expired', { code: 'tls_certificate', retryable: 'no' }],
    ['row 6', 'tls-wrong-host', { code: 'tls_certificate', retryable: 'no' }],
    ['row 7', 'tls-stall', { code: 'connect_timeout', phase: 'tls', sent: 'no', retryable: 'yes' }],
    ['row 8', 'tls-plain-http', { code: 'tls_protocol', sent: 'no' }],
  ])('%s: %s', async (_row, fault, found) => {
    const { error } = await meetFault(fault, {
      isBlind: true,
      options: { connectMs: 200 },
    });

    expect(error).toMatchObject(found);
  });
});
