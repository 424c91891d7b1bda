import { ConnectionResetError, ConnectionTimeoutError, TlsError } from '@linkspan/core';
import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { meetFault, type Meeting, rowName } from './meet-fault.ts';

type Row = readonly [row: string, fault: FaultId, facts: object, meeting?: Meeting];

const soon = { options: { connectMs: 50 } } as const;
const refused = {
  kind: 'network',
  code: 'tls_certificate',
  retryable: 'no',
  sent: 'no',
  phase: 'tls',
};
const reset = { kind: 'network', code: 'connection_reset' };
const timedOut = { kind: 'timeout', code: 'connect_timeout', clock: 'connectMs', limitMs: 50 };
const atRisk = { ...reset, phase: 'headers', retryable: 'if-idempotent' };

const rows: readonly Row[] = [
  [
    'row 3',
    'connect-refused',
    { kind: 'network', code: 'connection_refused', phase: 'connect', retryable: 'yes', sent: 'no' },
  ],
  ['row 6', 'tls-unknown-authority', refused],
  ['row 6', 'tls-expired', refused],
  ['row 6', 'tls-wrong-host', refused],
  ['row 7', 'tls-stall', { ...timedOut, phase: 'tls', retryable: 'yes', sent: 'no' }, soon],
  ['row 8', 'tls-plain-http', { ...refused, code: 'tls_protocol' }],
  ['row 8', 'tls-garbage', { ...refused, code: 'tls_protocol' }],
  ['row 9', 'tls-reset', { ...reset, phase: 'tls', retryable: 'yes', sent: 'no' }],
  ['row 9', 'accept-reset', reset],
  ['row 9', 'reset-before-head', { ...atRisk, sent: 'maybe' }],
  ['row 67', 'close-before-head', { ...atRisk, sent: 'maybe' }],
  ['row 67', 'half-close', { ...atRisk, sent: 'maybe' }],
  [
    'row 9',
    'reset-while-sending',
    { ...atRisk, sent: 'maybe' },
    { ask: (client, url) => client.post(url, 'x'.repeat(4 * 1024 * 1024)) },
  ],
];

describe('a connection that stumbles', () => {
  for (const [row, fault, facts, meeting] of rows) {
    it(`${rowName(row, fault)} is told for what it is`, async () => {
      const { error, server } = await meetFault(fault, meeting);

      expect(error).toMatchObject({ ...facts, attempts: 1, transport: 'http' });
      expect(server.opened).toBeLessThanOrEqual(1);
    });
  }

  it.runIf(process.platform === 'linux')(
    'row 4: connect-hang, a connection that is neither made nor refused',
    async () => {
      const { error } = await meetFault('connect-hang', { ...soon, serverOptions: { hang: true } });

      expect(error).toBeInstanceOf(ConnectionTimeoutError);
      expect(error).toMatchObject({ ...timedOut, phase: 'connect', retryable: 'yes', sent: 'no' });
    },
  );

  it('row 6: the message names the check, and holds no certificate', async () => {
    const { error } = await meetFault('tls-expired');

    expect(error).toBeInstanceOf(TlsError);
    expect((error as Error).message).toMatch(/CERT_HAS_EXPIRED/);
    expect((error as Error).message).not.toMatch(/BEGIN|trusted by/);
  });

  it('row 9: a request that may not be done twice is not sent again', async () => {
    const { error, server, url } = await meetFault('reset-before-head', {
      options: { retry: { maxRetries: 2, baseDelayMs: 0 } },
      ask: (client, target) => client.post(target, {}),
    });

    expect(error).toBeInstanceOf(ConnectionResetError);
    expect(error).toMatchObject({ attempts: 1 });
    expect(server.requests(url)).toHaveLength(1);
  });

  it('row 9: one that may is, as often as it is told', async () => {
    const { error, server, url } = await meetFault('reset-before-head', {
      options: { retry: { maxRetries: 2, baseDelayMs: 0 } },
    });

    expect(error).toMatchObject({ code: 'connection_reset', attempts: 3 });
    expect(server.requests(url)).toHaveLength(3);
  });

  it('row 10: stale-keep-alive, which the caller never sees', async () => {
    const { value, server, url } = await meetFault('stale-keep-alive', {
      ask: async (client, target) => {
        const first = await (await client.get(target)).text();
        return [first, await (await client.get(target)).text()];
      },
    });

    expect(value).toEqual(['ok', 'ok']);
    expect(server.requests(url).map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('row 66: never-reads, a peer that takes nothing holds the upload back', async () => {
    let offered = 0;
    const { error } = await meetFault('never-reads', {
      isBlind: true,
      options: { attemptMs: 80 },
      ask: (client, url) =>
        client.request({
          method: 'POST',
          url,
          body: (async function* () {
            for (; offered < 1_000; offered++) yield Buffer.alloc(64 * 1024);
          })(),
        }),
    });

    expect(error).toMatchObject({ kind: 'timeout', clock: 'attemptMs' });
    expect(offered).toBeLessThan(1_000);
  });
});
