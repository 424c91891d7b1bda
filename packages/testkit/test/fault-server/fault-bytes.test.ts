import { gunzipSync } from 'node:zlib';
import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { askRaw, type RawAnswer } from './raw-client.ts';
import { startFaultServer } from './start-fault-server.ts';

const OK_HEAD = 'HTTP/1.1 200 OK\r\n';
const TEXT = 'content-type: text/plain\r\n';
const CHUNKED = `${OK_HEAD}${TEXT}transfer-encoding: chunked\r\n\r\n`;
const TEN = 'a\r\nxxxxxxxxxx\r\n';
const SSE = `${OK_HEAD}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`;

type Promised = readonly [
  id: FaultId,
  numbers: Readonly<Record<string, number>>,
  text: string,
  end: RawAnswer['end'],
];

/** What the server promises to say, and how it ends. */
const promised: readonly Promised[] = [
  ['ok', {}, `${OK_HEAD}${TEXT}content-length: 2\r\n\r\nok`, 'open'],
  ['reset-before-head', {}, '', 'reset'],
  ['close-before-head', {}, '', 'end'],
  ['half-close', {}, '', 'end'],
  ['reset-mid-headers', { afterBytes: 12 }, 'HTTP/1.1 200', 'reset'],
  ['close-mid-headers', {}, 'HTTP/1.1 200 OK\r\ncon', 'end'],
  ['garbage', { bytes: 4 }, '\u0000\u0005\u000a\u000f', 'open'],
  ['bad-status-line', {}, 'HTTP/1.1 OK 200\r\ncontent-length: 0\r\n\r\n', 'open'],
  ['many-headers', { count: 2 }, `${OK_HEAD}x-0: 0\r\ncontent-length: 0\r\n\r\n`, 'open'],
  ['huge-header', { bytes: 3 }, `${OK_HEAD}x: xxx\r\ncontent-length: 0\r\n\r\n`, 'open'],
  ['early-status', {}, early(413), 'open'],
  [
    'interim-flood',
    { count: 2 },
    `${early103(0)}${early103(1)}${OK_HEAD}content-length: 2\r\n\r\nok`,
    'open',
  ],
  [
    'continue-then-417',
    {},
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 417 Expectation Failed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    'end',
  ],
  [
    'no-content-with-length',
    { status: 304 },
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\nbody',
    'open',
  ],
  [
    'no-content-with-body',
    {},
    `HTTP/1.1 204 No Content\r\n\r\n${OK_HEAD}content-length: 8\r\n\r\nsmuggled`,
    'open',
  ],
  [
    'reset-mid-body',
    { afterBytes: 3 },
    `${OK_HEAD}${TEXT}content-length: 1003\r\n\r\nxxx`,
    'reset',
  ],
  ['reset-mid-chunked-body', { afterBytes: 10 }, CHUNKED + TEN, 'reset'],
  ['no-last-chunk', {}, CHUNKED + TEN, 'end'],
  ['cut-within-chunk', {}, `${CHUNKED}${TEN}a\r\nxxxx`, 'end'],
  ['length-too-long', {}, `${OK_HEAD}${TEXT}content-length: 15\r\n\r\nxxxxxxxxxx`, 'end'],
  [
    'length-too-short',
    { extra: 1 },
    `${OK_HEAD}${TEXT}content-length: 10\r\n\r\n${'x'.repeat(11)}`,
    'open',
  ],
  ['bad-chunk-size', {}, `${CHUNKED}${TEN}zz\r\nxx\r\n0\r\n\r\n`, 'open'],
  ['stalled-body', { afterBytes: 1 }, `${CHUNKED}1\r\nx\r\n`, 'open'],
  ['sse-empty', {}, `${SSE}0\r\n\r\n`, 'open'],
  ['sse-no-content', {}, 'HTTP/1.1 204 No Content\r\n\r\n', 'open'],
  [
    'sse-closes',
    { retryMs: 7 },
    `${SSE}1b\r\nretry: 7\nid: 0\ndata: tick\n\n\r\n0\r\n\r\n`,
    'open',
  ],
  ['redirect-nowhere', {}, 'HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n', 'open'],
];

function early(status: number): string {
  return `HTTP/1.1 ${status} Payload Too Large\r\nconnection: close\r\ncontent-length: 9\r\n\r\ntoo early`;
}

function early103(index: number): string {
  return `HTTP/1.1 103 Early Hints\r\nlink: </${index}>\r\n\r\n`;
}

describe('a fault', () => {
  it.each(promised)('is played byte by byte: %s %o', async (id, numbers, text, end) => {
    const server = await startFaultServer();
    const ends = end === 'open' ? { untilBytes: text.length } : {};
    const seen = await askRaw(server.url(id, numbers), ends);

    // A client that leaves when all has come may have been sent more.
    expect(end === 'open' ? seen.text.slice(0, text.length) : seen.text).toBe(text);
    expect(seen.end).toBe(end);
    await server.idle();
  });

  it('sends a gzip bomb that is a thousandth of what it holds', async () => {
    const server = await startFaultServer();
    const { bytes } = await askRaw(server.url('gzip-bomb', { mebibytes: 8 }), {
      untilText: '\r\n0\r\n\r\n',
    });
    const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    const members: Buffer[] = [];
    for (let rest = body; rest[0] !== 0x30;) {
      const end = rest.indexOf('\r\n');
      const size = Number.parseInt(rest.toString('latin1', 0, end), 16);
      members.push(rest.subarray(end + 2, end + 2 + size));
      rest = rest.subarray(end + 2 + size + 2);
    }

    expect(gunzipSync(Buffer.concat(members)).byteLength).toBe(8 * 1024 * 1024);
    expect(bytes.byteLength).toBeLessThan(16 * 1024);
  });

  it('floods no faster than it is read, and counts the bytes', async () => {
    const server = await startFaultServer();
    const url = server.url('flood', { chunkBytes: 1024 });
    const { bytes } = await askRaw(url, { untilBytes: 1024 * 1024 });
    await server.idle();

    expect(server.flooded).toBeGreaterThanOrEqual(bytes.byteLength - CHUNKED.length);
  });

  it('trickles until the client leaves', async () => {
    const server = await startFaultServer();
    const { text } = await askRaw(server.url('slow-head', { everyMs: 1 }), { untilBytes: 30 });

    expect(text.slice(0, 30)).toBe('HTTP/1.1 200 OK\r\nx: xxxxxxxxxx');
    await server.idle();
  });

  it('answers an upload early, and then resets the connection', async () => {
    const server = await startFaultServer();
    const url = server.url('early-status-then-reset', { status: 401, afterBytes: 10 });
    const headers = ['content-length: 1000'];
    const seen = await askRaw(url, { method: 'POST', headers: [...headers, '', 'x'.repeat(20)] });

    expect(seen).toMatchObject({ end: 'reset' });
    expect(seen.text).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n[^]*too early$/);
  });

  it.each(['retry-after-imf-date', 'retry-after-rfc850-date', 'retry-after-asctime-date'] as const)(
    'writes a date that Date reads: %s',
    async (id) => {
      const server = await startFaultServer();
      const { headers } = await fetch(server.url(id, { seconds: 30 }));
      const wait =
        Date.parse(asUtc(headers.get('retry-after') ?? '')) - Date.parse(headers.get('date') ?? '');

      expect(wait).toBe(30_000);
    },
  );
});

/** asctime() names no zone; HTTP means UTC. */
function asUtc(date: string): string {
  return date.endsWith('GMT') ? date : `${date} GMT`;
}
