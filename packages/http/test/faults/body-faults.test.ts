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
  code: 'body_truncated',
  phase: 'body',
  retryable: 'if-idempotent',
  sent: 'yes',
};
const otherLength = { ...cut, kind: 'protocol', code: 'body_length_mismatch' };
const wrong = { kind: 'protocol', code: 'protocol', phase: 'body', retryable: 'no', sent: 'yes' };
const undecoded = { kind: 'message', code: 'decode', phase: 'body', retryable: 'no', sent: 'yes' };
const bomb = { ...undecoded, code: 'body_too_large' };
const notJson = { ...undecoded, code: 'decode_json' };
const json: Meeting = { ask: async (client, url) => await (await client.get(url)).json() };

const rows: readonly Row[] = [
  ['row 12', 'reset-mid-body', {}, cut],
  ['row 12', 'reset-mid-body', { afterBytes: 0 }, cut],
  ['row 12', 'reset-mid-chunked-body', {}, cut],
  ['row 13', 'no-last-chunk', {}, cut],
  ['row 13', 'cut-within-chunk', {}, cut],
  ['row 14', 'length-too-long', {}, otherLength],
  ['row 15', 'bad-chunk-size', {}, wrong],
  ['row 15', 'huge-chunk-size', {}, wrong],
  [
    'row 17',
    'stalled-body',
    {},
    {
      kind: 'timeout',
      clock: 'idleMs',
      code: 'body_timeout',
      limitMs: 60,
      phase: 'body',
      retryable: 'if-idempotent',
      sent: 'yes',
    },
    { options: { idleMs: 60 } },
  ],
  [
    'row 18',
    'trickling-body',
    { everyMs: 5 },
    {
      kind: 'timeout',
      clock: 'totalMs',
      code: 'deadline',
      limitMs: 150,
      phase: 'body',
      retryable: 'no',
      sent: 'yes',
    },
    { options: { totalMs: 150 } },
  ],
  ['row 25', 'gzip-corrupt', {}, undecoded],
  ['row 25', 'gzip-cut', {}, undecoded],
  ['row 25', 'gzip-not', {}, undecoded],
  ['row 25', 'encoding-chain', {}, undecoded],
  ['row 25', 'gzip-bomb', {}, bomb],
  ['row 25', 'brotli-bomb', { mebibytes: 16 }, bomb],
  ['row 26', 'invalid-utf8', {}, notJson, json],
  ['row 27', 'cut-json', {}, notJson, json],
  ['row 27', 'html-with-200', {}, notJson, json],
  ['row 66', 'flood', {}, { ...undecoded, code: 'message_too_large' }],
];

describe('a body that is wrong', () => {
  for (const [row, fault, numbers, facts, meeting] of rows) {
    it(`${rowName(row, fault, numbers)} is told for what it is`, async () => {
      const { error, server } = await meetFault(fault, { numbers, ...meeting });

      expect(error).toMatchObject({ ...facts, attempts: 1 });
      expect(server.opened).toBe(1);
    });
  }

  it.each<readonly [row: string, fault: FaultId]>([
    ['row 12', 'reset-mid-body'],
    ['row 13', 'no-last-chunk'],
    ['row 14', 'length-too-long'],
  ])('%s: %s gives what came before it fails', async (_row, fault) => {
    const parts: string[] = [];
    const { error } = await meetFault(fault, {
      ask: async (client, url) => {
        for await (const chunk of (await client.get(url)).body)
          parts.push(String(Buffer.from(chunk)));
      },
    });

    expect(parts.join('')).toBe('xxxxxxxxxx');
    expect(error).toMatchObject({ phase: 'body' });
  });

  it('row 14: length-too-short, what was announced is read and the connection is not used again', async () => {
    const { value, server } = await meetFault('length-too-short', {
      ask: async (client, url) => {
        const first = await (await client.get(url)).text();
        const second = await (await client.get(new URL('/faults/ok', url))).text();
        return [first, second];
      },
    });

    expect(value).toEqual(['xxxxxxxxxx', 'ok']);
    expect(server.opened).toBe(2);
  });

  it('row 27: the message shows the start of what was not JSON', async () => {
    const { error } = await meetFault('html-with-200', json);

    expect((error as Error).message.length).toBeLessThan(300);
    expect((error as Error).message).toMatch(/found "<"/);
  });

  it('row 66: flood, a reader that does not read stops the peer, and leaves', async () => {
    const { server } = await meetFault('flood', {
      ask: async (client, url) => {
        const response = await client.get(url);
        for await (const chunk of response.body) if (chunk.byteLength > 0) break;
      },
    });

    expect(server.flooded).toBeLessThan(64 * 1024 * 1024);
  });
});
