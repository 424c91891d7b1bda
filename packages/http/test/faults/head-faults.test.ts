import { ConfigurationError } from '@linkspan/core';
import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { meetFault, type Meeting, type Numbers, rowName } from './meet-fault.ts';

type Row = readonly [
  row: string,
  fault: FaultId,
  numbers: Numbers,
  facts: object,
  meeting?: Meeting,
];

const cut = {
  kind: 'network',
  code: 'connection_reset',
  phase: 'headers',
  retryable: 'if-idempotent',
  sent: 'yes',
};
const wrong = { kind: 'protocol', code: 'protocol', phase: 'headers', retryable: 'no' };
const tooLarge = { ...wrong, code: 'headers_overflow' };
const late = {
  kind: 'timeout',
  clock: 'attemptMs',
  code: 'headers_timeout',
  phase: 'headers',
  limitMs: 60,
  retryable: 'if-idempotent',
};
const soon = { options: { attemptMs: 60 } } as const;

const rows: readonly Row[] = [
  ['row 11', 'reset-mid-headers', {}, cut],
  ['row 11', 'reset-mid-headers', { afterBytes: 1 }, cut],
  ['row 11', 'close-mid-headers', {}, cut],
  ['row 15', 'garbage', {}, wrong],
  ['row 15', 'bad-status-line', {}, wrong],
  ['row 15', 'bad-header', {}, wrong],
  ['row 15', 'bad-content-length', {}, wrong],
  ['row 15', 'two-content-lengths', {}, wrong],
  ['row 15', 'length-and-chunked', {}, wrong],
  ['row 16', 'silent', {}, { ...late, sent: 'maybe' }, soon],
  ['row 16', 'slow-head', { everyMs: 5 }, { ...late, sent: 'yes' }, soon],
  ['row 19', 'huge-header', {}, tooLarge],
  ['row 19', 'endless-header', {}, tooLarge],
  ['row 19', 'many-headers', { count: 101 }, tooLarge],
  ['row 20', 'interim-flood', {}, { ...wrong, code: 'informational_flood' }],
  ['row 20', 'interim-flood', { status: 100 }, { ...wrong, sent: 'yes' }],
  [
    'row 22',
    'continue-then-417',
    {},
    { kind: 'http', code: 'http_status', status: 417, retryable: 'no', sent: 'yes' },
  ],
  ['row 22', 'upgrade-no-accept', {}, { ...wrong, sent: 'yes' }, { scheme: 'http' }],
  ['row 24', 'no-content-with-length', { status: 204 }, { ...wrong, sent: 'yes' }],
];

describe('a head that is wrong', () => {
  for (const [row, fault, numbers, facts, meeting] of rows) {
    it(`${rowName(row, fault, numbers)} is told for what it is`, async () => {
      const { error, server } = await meetFault(fault, { numbers, ...meeting });

      expect(error).toMatchObject({ ...facts, attempts: 1 });
      expect(server.opened).toBe(1);
    });
  }

  it.each<readonly [row: string, fault: FaultId, numbers: Numbers, value: string]>([
    ['row 19', 'many-headers', { count: 100 }, ''],
    ['row 20', 'interim-flood', { count: 32 }, 'ok'],
    ['row 24', 'no-content-with-length', { status: 304 }, ''],
  ])('%s: %s %o is still right', async (_row, fault, numbers, value) => {
    expect(await meetFault(fault, { numbers })).toMatchObject({ error: undefined, value });
  });

  it.each([204, 304])(
    'row 24: no-content-with-body, bytes behind a %i are no answer to the next request',
    async (status) => {
      const { value, server } = await meetFault('no-content-with-body', {
        numbers: { status },
        ask: async (client, url) => {
          const first = await (await client.get(url)).text();
          const second = await (await client.get(new URL('/faults/ok', url))).text();
          return [first, second];
        },
      });

      expect(value).toEqual(['', 'ok']);
      expect(server.opened).toBe(2);
    },
  );

  it('row 21: expect is refused, and nothing is sent', async () => {
    const { error, server } = await meetFault('ok', {
      ask: (client, url) =>
        client.request({ method: 'PUT', url, headers: { Expect: '100-continue' }, body: 'a' }),
    });

    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(/headers\.expect: expected no header about the conn/);
    expect(server.opened).toBe(0);
  });

  it('row 22: the message names an answer that nobody asked for', async () => {
    const { error } = await meetFault('upgrade-no-accept', { scheme: 'http' });

    expect((error as Error).message).toMatch(/: it is a 100 or 101, which was not asked for$/);
  });

  it('row 22: a 100 that nobody asked for is read past, each time on one connection', async () => {
    const { value, server } = await meetFault(
      (target) =>
        target.script(async (exchange) => {
          await exchange.request.complete;
          await exchange.head(100);
          await exchange.answer(200, {}, 'ok');
        }),
      {
        ask: async (client, url) => {
          for (let turn = 0; turn < 40; turn++) {
            // oxlint-disable-next-line no-await-in-loop -- one request after another
            expect(await (await client.post(url, 'a')).text()).toBe('ok');
          }
          return 'all';
        },
      },
    );

    expect(value).toBe('all');
    expect(server.opened).toBe(1);
  });

  it.each([
    [413, 'request_too_large'],
    [401, 'authentication'],
  ])('row 23: early-status-then-reset, a %i and not the reset', async (status, code) => {
    const { error } = await meetFault('early-status-then-reset', {
      numbers: { status, afterBytes: 64 * 1024 },
      ask: (client, url) => client.post(url, 'x'.repeat(16 * 1024 * 1024)),
    });

    expect(error).toMatchObject({ kind: 'http', code, status, body: 'too early' });
  });
});
