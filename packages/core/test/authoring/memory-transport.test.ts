import { Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  type CallContext,
  ClosedError,
  ConnectionRefusedError,
  memoryTransport,
  SerializationError,
  TransportError,
  type TransportRequest,
} from '@linkspan/core';
import { SilentBody } from '../endless-body.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

function contextOf(facts: Partial<CallContext> & { totalMs?: number } = {}) {
  const clock = new ManualClock();
  const context: CallContext = {
    signal: undefined,
    deadline: Deadline.after(facts.totalMs, clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
    ...facts,
  };
  return { clock, context };
}

async function bodyOf(body: unknown): Promise<{ text: string; type: unknown }> {
  const { context } = contextOf();
  const response = await memoryTransport(() => ({ body })).send(get, context);
  const chunks = await response.body.collect();
  const text = chunks.map((chunk) => new TextDecoder().decode(chunk)).join('');
  return { text, type: response.headers['content-type'] };
}

describe('memoryTransport()', () => {
  it('answers with bytes, text, chunks as they come, or a value as JSON', async () => {
    async function* chunks(): AsyncGenerator<string | Uint8Array> {
      yield 'a';
      yield new TextEncoder().encode('b');
    }

    expect(await bodyOf(undefined)).toEqual({ text: '', type: undefined });
    expect(await bodyOf(new TextEncoder().encode('x'))).toEqual({ text: 'x', type: undefined });
    expect(await bodyOf('x')).toEqual({ text: 'x', type: 'text/plain; charset=utf-8' });
    expect(await bodyOf(chunks())).toEqual({ text: 'ab', type: undefined });
    expect(await bodyOf([1, null])).toEqual({ text: '[1,null]', type: 'application/json' });
    expect(await bodyOf(null)).toEqual({ text: 'null', type: 'application/json' });
  });

  it.each([[10n], [() => {}]])('says that %o is no JSON', async (body) => {
    await expect(bodyOf(body)).rejects.toBeInstanceOf(SerializationError);
  });

  it('resolves every status', async () => {
    const { context } = contextOf({ acceptStatus: () => false });
    expect((await memoryTransport(() => ({ status: 500 })).send(get, context)).status).toBe(500);
  });

  it('refuses a stream where it says that it has no upload, and leaves it alone', async () => {
    const { context } = contextOf();
    const without = memoryTransport(() => ({}), { capabilities: { upload: false } });
    let isOpened = false;
    const open = (): never => {
      isOpened = true;
      throw new Error('opened');
    };
    const send = without.send({ ...get, payload: { kind: 'factory', open } }, context);

    await expect(send).rejects.toMatchObject({ constructor: SerializationError, sent: 'no' });
    expect(isOpened).toBe(false);
    const payload = { kind: 'value', value: 1 } as const;
    await expect(without.send({ ...get, payload }, context)).resolves.toBeDefined();
  });

  it('has no status of its own where it says that it has none', async () => {
    const { context } = contextOf();
    const without = memoryTransport(() => ({}), { capabilities: { status: false } });

    expect(await without.send(get, context)).not.toHaveProperty('status');
    expect((await memoryTransport(() => ({})).send(get, context)).status).toBe(200);
  });

  it('rejects with the failure that the handler throws, or with one around its error', async () => {
    const { context } = contextOf();
    const ours = new ConnectionRefusedError('Cannot connect');
    const fail = (error: unknown) =>
      memoryTransport(() => {
        throw error;
      }).send(get, context);

    await expect(fail(ours)).rejects.toBe(ours);
    await expect(fail(new RangeError('a bug'))).rejects.toMatchObject({
      constructor: TransportError,
      code: 'handler',
      sent: 'maybe',
      cause: { message: 'a bug' },
    });
  });

  it('tells a handler that its caller has left, and does not wait for it', async () => {
    const controller = new AbortController();
    const { context } = contextOf({ signal: controller.signal });
    let told: unknown;
    const answer = memoryTransport(
      (_request, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (told = signal.reason));
        }),
    ).send(get, context);
    answer.catch(() => {});

    controller.abort('left');

    await expect(answer).rejects.toBe('left');
    expect(told).toBe('left');
  });

  it('rejects when the caller leaves while the handler runs, whatever it answers', async () => {
    const controller = new AbortController();
    const { context } = contextOf({ signal: controller.signal });
    const leave = (): object => {
      controller.abort('left');
      return {};
    };

    await expect(memoryTransport(leave).send(get, context)).rejects.toBe('left');
  });

  it('sends nothing for a call that was aborted, or is late, before it begins', async () => {
    let calls = 0;
    const transport = memoryTransport(() => {
      calls += 1;
      return {};
    });
    const aborted = contextOf({ signal: AbortSignal.abort('left') });
    const late = contextOf({ totalMs: 0 });

    await expect(transport.send(get, aborted.context)).rejects.toBe('left');
    await expect(transport.send(get, late.context)).rejects.toMatchObject({ sent: 'no' });
    expect(calls).toBe(0);
  });

  it('ignores what a handler answers or throws when the call is over', async () => {
    const { clock, context } = contextOf({ attemptMs: 10 });
    const answers = [Promise.withResolvers<object>(), Promise.withResolvers<object>()];
    let calls = 0;
    const transport = memoryTransport(() => answers[calls++]!.promise);
    const sends = [transport.send(get, context), transport.send(get, context)];
    for (const send of sends) send.catch(() => {});
    await clock.advance(10);

    answers[0]?.resolve({});
    answers[1]?.reject(new Error('late'));

    for (const send of sends) await expect(send).rejects.toMatchObject({ clock: 'attemptMs' });
    await transport.close({ drainMs: 1_000 });
  });

  it('leaves the body of an answer that comes when the call is over', async () => {
    const { context } = contextOf();
    const answer = Promise.withResolvers<object>();
    const body = new SilentBody('late');
    const transport = memoryTransport(() => answer.promise);
    const call = transport.send(get, context);
    call.catch(() => {});
    await transport.close();

    answer.resolve({ body });
    await expect(call).rejects.toBeInstanceOf(ClosedError);

    await expect.poll(() => body.releases).toBe(1);
  });

  it('gives every reason to abort back, also one that is not equal to itself', async () => {
    const controller = new AbortController();
    const { context } = contextOf({ signal: controller.signal });
    const waiting = memoryTransport(() => new Promise(() => {})).send(get, context);
    waiting.catch(() => {});

    controller.abort(Number.NaN);

    await expect(waiting).rejects.toBeNaN();
  });

  describe('close()', () => {
    it('is idempotent; calls made later fail with ClosedError', async () => {
      const { context } = contextOf();
      const transport = memoryTransport(() => ({}));

      await Promise.all([transport.close(), transport.close()]);
      await transport[Symbol.asyncDispose]();

      await expect(transport.send(get, context)).rejects.toBeInstanceOf(ClosedError);
      await expect(transport.connect()).rejects.toBeInstanceOf(ClosedError);
    });

    it('fails what waits for a head, and what reads a body', async () => {
      const { clock, context } = contextOf({ totalMs: 5_000 });
      const body = new SilentBody('a');
      const transport = memoryTransport(({ target }) =>
        target === '/' ? new Promise(() => {}) : { body },
      );
      const waiting = transport.send(get, context);
      waiting.catch(() => {});
      const response = await transport.send({ ...get, target: '/body' }, context);
      const reading = response.body.collect();
      reading.catch(() => {});

      await transport.close();

      await expect(waiting).rejects.toMatchObject({ kind: 'closed', sent: 'maybe' });
      await expect(reading).rejects.toMatchObject({ kind: 'closed', sent: 'yes' });
      expect(body.releases).toBe(1);
      expect(clock.pendingTimers).toBe(0);
    });

    it('lets calls in flight finish', async () => {
      const { context } = contextOf();
      const head = Promise.withResolvers<object>();
      const transport = memoryTransport(() => head.promise);
      const answer = transport.send(get, context);

      const closing = transport.close({ drainMs: 60_000 });
      head.resolve({ body: 'made it' });

      expect(await (await answer).body.collect()).toEqual([new TextEncoder().encode('made it')]);
      await closing;
    });
  });
});
