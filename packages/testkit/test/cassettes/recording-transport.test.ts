import { ManualClock, Deadline } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  createClient,
  memoryTransport,
  MessageTooLargeError,
  type Transport,
} from '@linkspan/core';
import { fault, recordingTransport } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { contextOf, rejection, textOf } from '../transport-call.ts';

const get = { operation: 'GET', target: '/' };

describe('recordingTransport()', () => {
  it('records what was asked and what came, as plain JSON', async () => {
    const transport = recordingTransport(
      memoryTransport(() => ({ status: 201, headers: { etag: '"1"' }, body: { id: 7 } })),
    );
    const request = {
      operation: 'POST',
      target: '/users?page=2',
      headers: { accept: 'application/json' },
      payload: { kind: 'value', value: { name: 'Ada' } },
    } as const;
    expect(await textOf(await transport.send(request, contextOf()))).toBe('{"id":7}');

    const cassette = transport.cassette();

    expect(structuredClone(cassette)).toEqual(JSON.parse(JSON.stringify(cassette)));
    expect(cassette).toEqual({
      format: 'linkspan-cassette',
      version: 1,
      transport: {
        name: 'memory',
        capabilities: { streaming: true, upload: true, duplex: true, status: true },
      },
      exchanges: [
        {
          request: {
            operation: 'POST',
            target: '/users?page=2',
            headers: { accept: 'application/json' },
            payload: { json: { name: 'Ada' } },
          },
          result: {
            kind: 'answer',
            status: 201,
            headers: { 'content-type': 'application/json', etag: '"1"' },
            chunks: [{ text: '{"id":7}' }],
            end: { how: 'complete' },
          },
        },
      ],
    });
  });

  it('is the transport that it listens to: name, capabilities, preparing, probing, closing', async () => {
    const calls: string[] = [];
    const inner: Transport<Uint8Array, string> = {
      ...memoryTransport(() => ({}), { name: 'inner', capabilities: { upload: false } }),
      name: 'inner',
      capabilities: { streaming: true, upload: false, duplex: false, status: false },
      connect: async () => void calls.push('connect'),
      prepare: (target) => ({ operation: 'GET', target }),
      probe: async () => void calls.push('probe'),
      close: async (options) => void calls.push(`close ${options?.drainMs}`),
      [Symbol.asyncDispose]: async () => void calls.push('dispose'),
    };
    const transport = recordingTransport(inner);
    await transport.connect();
    await transport.probe?.(contextOf());
    await transport.close({ drainMs: 5 });
    await transport[Symbol.asyncDispose]();

    expect(transport.name).toBe('inner');
    expect(transport.capabilities).toBe(inner.capabilities);
    expect(transport.prepare?.('/x')).toEqual({ operation: 'GET', target: '/x' });
    expect(calls).toEqual(['connect', 'probe', 'close 5', 'dispose']);
    expect(recordingTransport(memoryTransport(() => ({})))).not.toHaveProperty('probe');
  });

  it('hands on a failure itself, and records its facts', async () => {
    const error = new ConnectionRefusedError('Cannot connect: nobody is there', { sent: 'no' });
    const transport = recordingTransport(memoryTransport(() => Promise.reject(error)));

    expect(await rejection(transport.send(get, contextOf()))).toBe(error);
    expect(transport.cassette().exchanges[0]?.result).toEqual({
      kind: 'failure',
      error: {
        class: 'ConnectionRefusedError',
        message: 'Cannot connect: nobody is there',
        code: 'connection_refused',
        phase: 'connect',
        retryable: 'yes',
        sent: 'no',
      },
    });
  });

  it('records how a body ended: complete, failed, or left', async () => {
    const bodies = [
      () => ({ body: 'all of it' }),
      fault.cut(['half']),
      () => ({ body: 'left unread' }),
      () => ({}),
    ];
    const transport = recordingTransport(memoryTransport((...call) => bodies.shift()!(...call)));
    await textOf(await transport.send(get, contextOf()));
    await rejection((await transport.send(get, contextOf())).body.collect());
    await (await transport.send(get, contextOf())).body.cancel();
    await (await transport.send(get, contextOf())).body.cancel();

    const results = transport.cassette().exchanges.map(({ result }) => result);
    expect(results).toMatchObject([
      { chunks: [{ text: 'all of it' }], end: { how: 'complete' } },
      {
        chunks: [{ text: 'half' }],
        end: { how: 'failed', error: { class: 'ConnectionResetError', code: 'body_truncated' } },
      },
      { chunks: [], end: { how: 'left' } },
      { chunks: [], end: { how: 'complete' } },
    ]);
  });

  it('rejects with the reason of a caller who leaves, and records that there was no answer', async () => {
    const transport = recordingTransport(memoryTransport(fault.silent()));
    const controller = new AbortController();
    const call = rejection(transport.send(get, contextOf({ signal: controller.signal })));
    controller.abort('enough');

    expect(await call).toBe('enough');
    expect(transport.cassette().exchanges[0]?.result).toEqual({ kind: 'unanswered' });
  });

  it('counts a body as left that its caller aborted, and one that is still being read', async () => {
    const transport = recordingTransport(memoryTransport(fault.stall(['start'])));
    const controller = new AbortController();
    const { body } = await transport.send(get, contextOf({ signal: controller.signal }));
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    const expected = { chunks: [{ text: 'start' }], end: { how: 'left' } };
    expect(transport.cassette().exchanges[0]?.result).toMatchObject(expected);
    const waiting = rejection(reader.next());
    controller.abort('enough');

    expect(await waiting).toBe('enough');
    expect(transport.cassette().exchanges[0]?.result).toMatchObject(expected);
  });

  it('reads nothing that is not asked for, and frees the wire when its reader leaves', async () => {
    let made = 0;
    let isFree = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          made += 1;
          yield new Uint8Array(1_000);
        }
      } finally {
        isFree = true;
      }
    }
    const inner = memoryTransport(() => ({ body: endless() }));
    const transport = recordingTransport(inner, { maxBodyBytes: 2_500 });
    const { body } = await transport.send(get, contextOf());
    expect(made).toBe(0);
    for await (const { byteLength } of body) if (byteLength === 0 || made === 10) break;

    expect([made, isFree]).toEqual([10, true]);
    const { result } = transport.cassette().exchanges[0]!;
    expect(result).toMatchObject({ end: { how: 'truncated', maxBodyBytes: 2_500 } });
    const kept = result.kind === 'answer' ? result.chunks : [];
    expect(kept.map((chunk) => ('text' in chunk ? chunk.text.length : 0))).toEqual([
      1_000, 1_000, 500,
    ]);
  });

  it('collects within a limit, as the body itself does', async () => {
    const inner = memoryTransport(() => ({ body: 'x'.repeat(100) }));
    const { body } = await recordingTransport(inner).send(get, contextOf());

    expect(await rejection(body.collect({ maxBytes: 99 }))).toBeInstanceOf(MessageTooLargeError);
    await expect(body.collect()).rejects.toMatchObject({ code: 'body_used' });
  });

  it('tells when the body is over, and is disposed as it is', async () => {
    const inner = memoryTransport(fault.stall(['x']));
    const { body } = await recordingTransport(inner).send(get, contextOf());
    let isClosed = false;
    body.onClose(() => (isClosed = true));
    await body[Symbol.asyncDispose]();

    expect(isClosed).toBe(true);
  });

  it('keeps bytes that are no UTF-8, and characters that chunks cut in two', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(0xff, 0x00);
      yield Uint8Array.of(0xc3);
      yield Uint8Array.of(0xa4);
    }
    const transport = recordingTransport(memoryTransport(() => ({ body: chunks() })));
    await textOf(await transport.send(get, contextOf()));

    expect(transport.cassette().exchanges[0]?.result).toMatchObject({
      chunks: [{ base64: '/wA=' }, { base64: 'ww==' }, { base64: 'pA==' }],
    });
  });

  it('listens to payloads that are streams, up to the limit, and sends them as they are', async () => {
    async function* upload(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('abc');
      yield Buffer.from('def');
    }
    let received = '';
    const inner = memoryTransport(async ({ payload }) => {
      const stream = payload?.kind === 'factory' ? await payload.open() : undefined;
      for await (const chunk of stream ?? []) received += Buffer.from(chunk).toString();
      return {};
    });
    const transport = recordingTransport(inner, { maxBodyBytes: 4 });
    await transport.send({ ...get, payload: { kind: 'factory', open: upload } }, contextOf());

    expect(received).toBe('abcdef');
    expect(transport.cassette().exchanges[0]?.request.payload).toEqual({
      text: 'abcd',
      streamed: true,
      truncated: true,
    });
  });

  it('takes a value that is not JSON as it is, and says why it is not shown', async () => {
    const transport = recordingTransport(memoryTransport(() => ({})));
    await transport.send({ ...get, payload: { kind: 'value', value: 10n } }, contextOf());

    expect(transport.cassette().exchanges[0]?.request.payload).toEqual({
      unreadable: expect.stringContaining('Cannot') as string,
    });
  });

  it('keeps the order in which calls were begun, whatever order they end in', async () => {
    const heads = [Promise.withResolvers<object>(), Promise.withResolvers<object>()];
    const inner = memoryTransport(({ target }) => heads[Number(target)]!.promise);
    const transport = recordingTransport(inner);
    const calls = ['0', '1'].map((target) =>
      transport.send({ operation: 'GET', target }, contextOf()),
    );
    heads[1]!.resolve({});
    await calls[1];
    heads[0]!.resolve({});
    await calls[0];

    const targets = transport.cassette().exchanges.map(({ request }) => request.target);
    expect(targets).toEqual(['0', '1']);
  });

  it('records how long things took, where it is asked to, on the clock of the call', async () => {
    const clock = new ManualClock();
    const inner = memoryTransport(fault.trickle(['a', 'b'], 30));
    const transport = recordingTransport(inner, { timing: true });
    const context = contextOf({ deadline: Deadline.never(clock) });
    const reading = transport.send(get, context).then(textOf);
    await clock.advance(100);
    await reading;

    expect(transport.cassette().exchanges[0]?.result).toMatchObject({
      afterMs: 0,
      chunks: [
        { text: 'a', afterMs: 30 },
        { text: 'b', afterMs: 30 },
      ],
    });
  });

  it('records each try of a call that is tried again', async () => {
    const transport = recordingTransport(memoryTransport(fault.status(500)));
    const client = createClient({ transport, retry: { baseDelayMs: 0 } });
    await rejection(client.request(get));

    expect(transport.cassette().exchanges).toHaveLength(3);
  });

  it('names an option that is wrong', () => {
    const inner = memoryTransport(() => ({}));
    expect(() => recordingTransport(inner, { maxBodyBytes: -1 })).toThrow(/maxBodyBytes/);
    expect(() => recordingTransport(inner, { keepHeaders: ['x-api-key'] })).toThrow(
      /keepHeaders\[0\]: expected .* carries no credential/,
    );
  });
});
