import type { StatusError } from '@linkspan/core';
import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { meetFault, type Numbers } from './meet-fault.ts';

type Row = readonly [row: string, fault: FaultId, numbers: Numbers, facts: object];

const limited = { code: 'rate_limit', status: 429, retryable: 'yes' };
const noHint = { ...limited, retryAfterMs: undefined };
const inAMinute = { ...limited, retryAfterMs: 65_000 };

const rows: readonly Row[] = [
  ['row 29', 'unauthorized', {}, { code: 'authentication', status: 401, retryable: 'no' }],
  ['row 30', 'secondary-rate-limit', {}, { ...limited, status: 403, retryAfterMs: 60_000 }],
  ['row 33', 'retry-after-seconds', { seconds: 65 }, inAMinute],
  ['row 33', 'retry-after-seconds', { seconds: 0 }, { ...limited, retryAfterMs: 0 }],
  ['row 34', 'retry-after-imf-date', { seconds: 65 }, inAMinute],
  ['row 34', 'retry-after-rfc850-date', { seconds: 65 }, inAMinute],
  ['row 34', 'retry-after-asctime-date', { seconds: 65 }, inAMinute],
  ['row 34', 'retry-after-past-date', {}, { ...limited, retryAfterMs: 0 }],
  ['row 35', 'retry-after-ms', { ms: 250 }, { ...limited, retryAfterMs: 250 }],
  ['row 35', 'x-ms-retry-after-ms', { ms: 250 }, { ...limited, retryAfterMs: 250 }],
  ['row 35', 'retry-after-both', { ms: 250 }, { ...limited, retryAfterMs: 250 }],
  ['row 36', 'openai-rate-limit', {}, { ...noHint, requestId: 'req_1' }],
  ['row 36', 'anthropic-rate-limit', {}, { ...noHint, requestId: 'req_1' }],
  ['row 36', 'retry-after-garbage', {}, noHint],
  ['row 36', 'retry-after-negative', {}, noHint],
  ['row 36', 'rate-limit-headers', { remaining: -1 }, noHint],
  ['row 37', 'retry-after-huge', {}, { ...limited, retryAfterMs: 99_999_999_999_000 }],
  ['row 38', 'openai-quota', {}, { code: 'quota_exhausted', status: 429, retryable: 'no' }],
  ['row 38', 'anthropic-billing', {}, { code: 'quota_exhausted', status: 402, retryable: 'no' }],
  ['row 39', 'html-status', {}, { code: 'bad_gateway', status: 502, retryable: 'if-idempotent' }],
  ['row 39', 'endless-error-body', {}, { code: 'server_error', status: 500 }],
  [
    'row 40',
    'retry-after-seconds',
    { status: 503, seconds: 2 },
    { code: 'unavailable', retryable: 'yes', retryAfterMs: 2_000 },
  ],
  ['row 41', 'anthropic-overloaded', {}, { code: 'overloaded', status: 529, retryable: 'yes' }],
  ['row 42', 'should-retry', { status: 500, retry: 1 }, { status: 500, retryable: 'yes' }],
  ['row 42', 'should-retry', { status: 429, retry: 0 }, { status: 429, retryable: 'no' }],
];

describe('a status that is no success', () => {
  it.each(rows)('%s: %s %o', async (_row, fault, numbers, facts) => {
    const { error, server } = await meetFault(fault, { numbers });

    expect(error).toMatchObject({
      kind: 'http',
      phase: undefined,
      sent: 'yes',
      attempts: 1,
      ...facts,
    });
    expect((error as StatusError).body?.length).toBeLessThanOrEqual(4096);
    expect(server.opened).toBe(1);
  });

  it.each<readonly [row: string, fault: FaultId, numbers: Numbers]>([
    ['row 33', 'retry-after-seconds', { seconds: 0 }],
    ['row 34', 'retry-after-past-date', {}],
    ['row 35', 'retry-after-ms', { ms: 3 }],
    ['row 35', 'retry-after-both', { seconds: 7, ms: 3 }],
    ['row 40', 'retry-after-seconds', { status: 503, seconds: 0 }],
  ])('%s: %s %o is obeyed exactly', async (_row, fault, numbers) => {
    const waits: number[] = [];
    const { value } = await meetFault(
      (server) => server.sequence([[fault, numbers] as never, 'ok']),
      {
        options: { retry: { onRetry: ({ waitMs }) => waits.push(waitMs) } },
        ask: async (client, url) => await (await client.post(url, {})).text(),
      },
    );

    expect(value).toBe('ok');
    expect(waits).toEqual([numbers['ms'] ?? 0]);
  });

  it('row 37: retry-after-huge fails at once, and tells the wait', async () => {
    const { error, server, url } = await meetFault('retry-after-huge', {
      options: { retry: { maxRetries: 2 } },
    });

    expect(error).toMatchObject({ code: 'rate_limit', attempts: 1 });
    expect((error as Error).message).toMatch(/asks to wait 99999999999 s, and the call has/);
    expect(server.requests(url)).toHaveLength(1);
  });
});
