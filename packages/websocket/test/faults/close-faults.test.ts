import { Readable } from 'node:stream';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import { type CallContext, ClosedError } from '@linkspan/core';
import { faultServer, type FaultId } from '@linkspan/testkit';
import { closeFrameOf, connectWebSocket, webSocketTransport } from '@linkspan/websocket';
import { describe, expect, it, vi } from 'vitest';
import { collect, until } from '../until.ts';
import { meetFault, type Numbers, rowName } from './meet-fault.ts';

const context: CallContext = {
  signal: undefined,
  deadline: Deadline.unlimited,
  attempt: 1,
  streaming: true,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: (status) => status < 400,
};

type Row = readonly [row: string, numbers: Numbers, found: object];

const failures: readonly Row[] = [
  [
    'row 57',
    { code: 1001 },
    { kind: 'network', code: 'ws_going_away', retryable: 'if-idempotent' },
  ],
  [
    'row 57',
    { code: 1012 },
    { kind: 'network', code: 'ws_going_away', retryable: 'if-idempotent' },
  ],
  ['row 59', { code: 1002 }, { kind: 'protocol', code: 'ws_protocol', retryable: 'no' }],
  ['row 59', { code: 1003 }, { kind: 'protocol', code: 'ws_protocol', retryable: 'no' }],
  ['row 59', { code: 1007 }, { kind: 'protocol', code: 'ws_protocol', retryable: 'no' }],
  ['row 59', { code: 1008 }, { kind: 'protocol', code: 'ws_policy', retryable: 'no' }],
  ['row 60', { code: 1009 }, { kind: 'message', code: 'message_too_large', retryable: 'no' }],
  ['row 61', { code: 1011 }, { kind: 'network', code: 'ws_server', retryable: 'if-idempotent' }],
  ['row 61', { code: 1013 }, { kind: 'network', code: 'ws_try_later', retryable: 'if-idempotent' }],
  ['row 62', { code: 4001 }, { kind: 'transport', code: 'ws_application', retryable: 'no' }],
  ['row 62', { code: 4999 }, { kind: 'transport', code: 'ws_application', retryable: 'no' }],
  ['row 62', { code: 3000 }, { kind: 'transport', code: 'ws_application', retryable: 'no' }],
];

describe('the end of a WebSocket', () => {
  it.each<[Numbers, object]>([
    [
      { code: 1000, messages: 2 },
      { by: 'peer', code: 1000, reason: 'code 1000' },
    ],
    [
      { code: 1000, messages: 0 },
      { by: 'peer', code: 1000 },
    ],
  ])('row 56: websocket-close %j', async (numbers, found) => {
    const { error, value, seen } = await meetFault('websocket-close', { numbers });

    expect(error).toBeUndefined();
    expect(value).toMatchObject(found);
    expect(seen).toHaveLength(numbers['messages']!);
  });

  it('row 56: websocket-close-empty is a clean end without a code', async () => {
    const { error, value } = await meetFault('websocket-close-empty');

    expect(error).toBeUndefined();
    expect(value).toMatchObject({ by: 'peer', code: 1005 });
  });

  it('row 56: what is sent behind a close rejects with ClosedError', async () => {
    await using server = await faultServer();
    const ws = await connectWebSocket(server.url('websocket-close', { code: 1000 }));
    await ws.closed;

    await expect(ws.send('late')).rejects.toBeInstanceOf(ClosedError);
  });

  it.each(failures.map((row) => [rowName(row[0], 'websocket-close', row[1]), ...row] as const))(
    '%s',
    async (_name, _row, numbers, found) => {
      const { error, seen } = await meetFault('websocket-close', { numbers });

      expect(seen).toEqual(['message 1']);
      expect(error).toMatchObject({ ...found, sent: 'yes' });
      const { code } = numbers;
      expect(closeFrameOf(error)).toEqual({ code, reason: `code ${code}` });
      expect(error?.message).toContain(`(${code}: code ${code})`);
    },
  );

  it.each<[row: string, fault: FaultId, numbers: Numbers]>([
    ['row 58', 'websocket-reset', { messages: 1 }],
    ['row 58', 'websocket-reset-mid-burst', { messages: 100 }],
    ['row 67', 'websocket-fin', { messages: 3 }],
  ])('%s: %s %j', async (_row, fault, numbers) => {
    const { error, seen } = await meetFault(fault, { numbers });

    expect(seen).toHaveLength(numbers['messages']!);
    expect(error).toMatchObject({
      kind: 'network',
      code: 'ws_abnormal',
      retryable: 'if-idempotent',
    });
    expect(closeFrameOf(error)).toMatchObject({ code: 1006 });
  });

  it('row 57: websocket-close-while-sending tells what may have been lost', async () => {
    await using server = await faultServer();
    const ws = await connectWebSocket(
      server.url('websocket-close-while-sending', { code: 1001, messages: 1 }),
    );
    await ws.send('one');

    await expect(collect(ws)).rejects.toMatchObject({ code: 'ws_going_away' });
    expect(await ws.closed).toMatchObject({ by: 'failure', code: 1001, unconfirmed: ['one'] });
  });

  it.each<[fault: FaultId, numbers: Numbers]>([
    ['websocket-no-pong', {}],
    ['websocket-half-open', { messages: 1 }],
  ])(
    'row 63: %s is found within two intervals, and broken without a close',
    async (fault, numbers) => {
      await using server = await faultServer();
      const clock = new ManualClock();
      const ws = await connectWebSocket(server.url(fault, numbers as never), { clock });
      const failed = vi.fn<(error: unknown) => void>();
      void collect(ws).catch(failed);
      await clock.advance(20_000);
      await clock.advance(9_999);
      expect(ws.status).toBe('open');
      await clock.advance(1);
      await ws.closed;

      expect(clock.now()).toBeLessThanOrEqual(40_000);
      await until(() => failed.mock.calls.length > 0);
      expect(failed.mock.calls[0]?.[0]).toMatchObject({
        kind: 'timeout',
        clock: 'pongMs',
        code: 'ws_heartbeat_timeout',
        limitMs: 10_000,
      });
      if (fault === 'websocket-no-pong') await server.idle();
    },
  );

  it('row 64: websocket-close-unanswered fails a body whose payload has ended, after closeMs', async () => {
    await using server = await faultServer();
    const clock = new ManualClock();
    const transport = webSocketTransport({ clock });
    const url = server.url('websocket-close-unanswered');
    const payload = { kind: 'stream', stream: Readable.from(['all of it']) } as const;
    const { body } = await transport.send({ operation: 'SEND', target: url, payload }, context);
    const failed = vi.fn<(error: unknown) => void>();
    void body.collect().catch(failed);
    await until(() => clock.dueTimes.includes(5_000));
    await clock.advance(5_000);
    await server.idle();

    await until(() => failed.mock.calls.length > 0);
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ code: 'ws_abnormal' });
    await transport.close();
  });

  it('row 64: websocket-close-unanswered is broken after closeMs', async () => {
    await using server = await faultServer();
    const clock = new ManualClock();
    const ws = await connectWebSocket(server.url('websocket-close-unanswered'), { clock });
    const closing = ws.close(4000, 'bye');
    await clock.advance(4_999);
    expect(ws.status).toBe('closing');
    await clock.advance(1);
    await closing;

    expect(await ws.closed).toMatchObject({ by: 'caller', code: 1006, reason: '' });
    await server.idle();
  });
});
