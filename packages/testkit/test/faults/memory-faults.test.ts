import { ManualClock } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionTimeoutError,
  createClient,
  DnsError,
  type MemoryHandler,
  memoryTransport,
  OverloadedError,
  ProtocolError,
  TimeoutError,
  TlsError,
} from '@linkspan/core';
import { fault, sequence, type TestClock, testClock } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';

const get = { operation: 'GET', target: '/' };

function clientOf(handler: MemoryHandler, clock: ManualClock = new ManualClock()) {
  return createClient({ transport: memoryTransport(handler), retry: false, clock });
}

async function failureOf(handler: MemoryHandler, clock: TestClock = testClock()): Promise<unknown> {
  const client = clientOf(handler, clock);
  const failed = await clock.runUntil(
    client.request(get).then(
      () => 'no failure',
      (error: unknown) => error,
    ),
  );
  expect(clock.pendingTimers).toBe(0);
  return failed;
}

describe('a fault before the head', () => {
  it.each([
    [
      'refused',
      fault.refused(),
      ConnectionRefusedError,
      { kind: 'network', phase: 'connect', sent: 'no', retryable: 'yes' },
    ],
    [
      'unknownName',
      fault.unknownName(),
      DnsError,
      { kind: 'network', phase: 'dns', sent: 'no', retryable: 'no' },
    ],
    [
      'unknownName, temporary',
      fault.unknownName({ temporary: true }),
      DnsError,
      { code: 'dns_temporary', phase: 'dns', sent: 'no', retryable: 'yes' },
    ],
    [
      'badCertificate',
      fault.badCertificate(),
      TlsError,
      { kind: 'network', phase: 'tls', sent: 'no', retryable: 'no' },
    ],
    [
      'connectTimeout',
      fault.connectTimeout({ limitMs: 700 }),
      ConnectionTimeoutError,
      { kind: 'timeout', phase: 'connect', sent: 'no', retryable: 'yes', limitMs: 700 },
    ],
    [
      'reset',
      fault.reset(),
      ConnectionResetError,
      { kind: 'network', phase: 'headers', sent: 'maybe', retryable: 'if-idempotent' },
    ],
    [
      'garbage',
      fault.garbage(),
      ProtocolError,
      { kind: 'protocol', phase: 'headers', sent: 'yes', retryable: 'no' },
    ],
    [
      'silent',
      fault.silent(),
      TimeoutError,
      { kind: 'timeout', clock: 'totalMs', phase: 'headers', sent: 'maybe' },
    ],
  ] as const)('%s has facts that are true', async (_name, handler, errorClass, facts) => {
    const error = await failureOf(handler);

    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject(facts);
  });

  it('fails to connect after its limit, on the clock of the call', async () => {
    const clock = testClock();
    await failureOf(fault.connectTimeout({ limitMs: 700 }), clock);

    expect(clock.now()).toBe(700);
  });

  it('lets a caller leave, with the reason that was given', async () => {
    for (const handler of [fault.silent(), fault.connectTimeout()]) {
      const controller = new AbortController();
      const clock = new ManualClock();
      const call = clientOf(handler, clock).request(get, { signal: controller.signal });
      controller.abort('enough');

      // oxlint-disable-next-line no-await-in-loop -- one fault after another
      await expect(call).rejects.toBe('enough');
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe('fault.status()', () => {
  it.each(['seconds', 'date', 'ms'] as const)('asks to wait, in %s', async (hint) => {
    const error = await failureOf(fault.status(503, { retryAfterMs: 7_000, hint, body: 'busy' }));

    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ status: 503, retryAfterMs: 7_000, body: 'busy' });
  });

  it('asks for nothing by itself, and names an option that is wrong', async () => {
    expect(await failureOf(fault.status(429))).toMatchObject({ retryAfterMs: undefined });
    expect(() => fault.status(429, { hint: 'minutes' as never })).toThrow(/hint: expected one of/);
    expect(() => fault.trickle([], -1)).toThrow(/everyMs: expected .* above 0/);
    expect(() => fault.connectTimeout({ limitMs: NaN })).toThrow(/limitMs/);
  });
});

describe('a fault in the body', () => {
  it('cuts it after its chunks', async () => {
    const { body } = await clientOf(fault.cut(['half ', 'of it'])).request(get);
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of body) seen.push(new TextDecoder().decode(chunk));
    };

    await expect(read()).rejects.toMatchObject({
      constructor: ConnectionResetError,
      code: 'body_truncated',
      phase: 'body',
      sent: 'yes',
      retryable: 'if-idempotent',
    });
    expect(seen).toEqual(['half ', 'of it']);
  });

  it('stalls after its chunks, until the clock of the silence runs out', async () => {
    const clock = testClock();
    const { body } = await clientOf(fault.stall(['start']), clock).request(get, { idleMs: 50 });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();

    await expect(clock.runUntil(iterator.next())).rejects.toMatchObject({
      kind: 'timeout',
      clock: 'idleMs',
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('trickles so that only the deadline ends it', async () => {
    const clock = testClock();
    const options = { idleMs: 50, totalMs: 200 };
    const endless = Array.from({ length: 100 }, () => '.');
    const response = await clientOf(fault.trickle(endless, 40), clock).request(get, options);

    await expect(clock.runUntil(response.text())).rejects.toMatchObject({ clock: 'totalMs' });
    expect([clock.now(), clock.pendingTimers]).toEqual([200, 0]);
  });

  it('takes its timer back when a trickling body is left', async () => {
    const clock = testClock();
    const { body } = await clientOf(fault.trickle(['a', 'b'], 40), clock).request(get, {
      totalMs: Infinity,
      idleMs: Infinity,
    });
    const reading = body[Symbol.asyncIterator]().next();
    await body.cancel();

    expect(await reading).toMatchObject({ done: true });
    expect(clock.pendingTimers).toBe(0);
  });

  it('floods, and a limit ends it', async () => {
    const response = await clientOf(fault.flood('x'.repeat(1_000))).request(get);

    await expect(response.text({ maxBytes: 10_000 })).rejects.toMatchObject({
      code: 'message_too_large',
    });
  });

  it('gives the page of somebody else, with the head that says so', async () => {
    const response = await clientOf(fault.htmlPage()).request(get);

    expect(response.headers['content-type']).toContain('text/html');
    expect(await response.text()).toContain('Sign in');
  });
});

describe('sequence()', () => {
  it('answers call after call, and the rest with the last word', async () => {
    const clock = testClock();
    const steps = [fault.refused(), fault.status(503, { retryAfterMs: 1_000 }), { body: 'third' }];
    const transport = memoryTransport(sequence(steps, { body: 'after' }));
    const client = createClient({ transport, clock });

    const first = await clock.runUntil(client.request(get));
    const second = await client.request(get);

    expect([await first.text(), await second.text()]).toEqual(['third', 'after']);
  });

  it('fails a call beyond its end, once, and says which', async () => {
    const client = createClient({ transport: memoryTransport(sequence([{}])) });
    await client.request(get);

    await expect(client.request(get)).rejects.toMatchObject({
      code: 'sequence_over',
      attempts: 1,
      message: 'Cannot answer call 2 (GET /): the sequence ended after 1',
    });
  });
});
