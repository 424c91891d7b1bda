import { getEventListeners } from 'node:events';
import { ManualClock } from '@linkspan/concurrency';
import {
  ClosedError,
  ConfigurationError,
  DeserializationError,
  type LinkspanError,
  SerializationError,
  TimeoutError,
} from '@linkspan/core';
import { connectWebSocket } from '@linkspan/websocket';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { echo, startServer } from '../start-server.ts';
import { collect, until } from '../until.ts';

describe('connectWebSocket()', () => {
  it('N15 opens with one call, and closes at the end of a block', async () => {
    const { url, sockets } = await startServer(echo);
    {
      await using ws = await connectWebSocket(url);
      expect(ws.status).toBe('open');
      expect(sockets.size).toBe(1);
    }
    await until(() => sockets.size === 0);
  });

  it('N16 sends objects as JSON, and iterates what comes as values', async () => {
    const { url } = await startServer(echo);
    const ws = await connectWebSocket(url);
    await ws.send({ hello: 'world' });
    await ws.send([1, 2]);
    const seen: unknown[] = [];
    for await (const message of ws) {
      seen.push(message);
      if (seen.length === 2) break;
    }

    expect(seen).toEqual([{ hello: 'world' }, [1, 2]]);
    expect(await ws.closed).toMatchObject({ by: 'caller', code: 1000 });
  });

  it('sends text as text and bytes as binary', async () => {
    const kinds: [string, boolean][] = [];
    const { url } = await startServer((socket) => {
      socket.on('message', (data, isBinary) => {
        kinds.push([String(data), isBinary]);
        if (kinds.length === 4) socket.close(1000);
      });
    });
    const ws = await connectWebSocket(url);
    await ws.send('text');
    await ws.send(new TextEncoder().encode('bytes'));
    await ws.send(Uint16Array.of(0x4141).buffer);
    await ws.send(5);
    await ws.closed;

    expect(kinds).toEqual([
      ['text', false],
      ['bytes', true],
      ['AA', true],
      ['5', false],
    ]);
  });

  it('tells the code and the reason of the peer, and ends the loop', async () => {
    const { url } = await startServer((socket) => {
      socket.send('bye');
      socket.close(1000, 'that was all');
    });
    const ws = await connectWebSocket(url);

    expect(await collect(ws)).toEqual(['bye']);
    expect(await ws.closed).toEqual({
      by: 'peer',
      code: 1000,
      reason: 'that was all',
      unconfirmed: [],
      unsent: [],
    });
    expect(ws.status).toBe('closed');
    await expect(ws.send('late')).rejects.toBeInstanceOf(ClosedError);
  });

  it('closes with a code and a reason, and hears what the peer still says', async () => {
    const closed: unknown[] = [];
    const { url } = await startServer((socket) => {
      socket.on('close', (code, reason) => closed.push([code, String(reason)]));
    });
    const ws = await connectWebSocket(url);
    const reading = ws[Symbol.asyncIterator]().next();
    await ws.close(4001, 'enough');

    expect(await reading).toEqual({ done: true, value: undefined });
    expect(await ws.closed).toMatchObject({ by: 'caller', code: 4001, reason: 'enough' });
    expect(closed).toEqual([[4001, 'enough']]);
    await ws.close();
  });

  it('hears that the peer closes, too, though nobody reads what came before', async () => {
    const { url } = await startServer((socket) => {
      for (let count = 0; count < 3_000; count++) socket.send(`message ${count}`);
    });
    const ws = await connectWebSocket(url, { clock: new ManualClock() });
    await ws.send('once around');
    await until(() => ws.bufferedBytes === 0);
    await ws.close(4000);

    expect(await ws.closed).toMatchObject({ by: 'caller', code: 4000 });
  });

  it.each<[unknown, unknown, string]>([
    [999, undefined, 'code'],
    [1005, undefined, 'code'],
    [1006, undefined, 'code'],
    [1.5, undefined, 'code'],
    ['1000', undefined, 'code'],
    [1000, new Uint16Array(8), 'reason'],
    [1000, 5, 'reason'],
    [1000, 'ü'.repeat(62), 'reason'],
  ])('refuses to close with %j and %j', async (code, reason, option) => {
    const { url } = await startServer(echo);
    await using ws = await connectWebSocket(url);

    const error = await ws.close(code as number, reason as string).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.issues).toMatchObject([{ option }]);
    expect(ws.status).toBe('open');
  });

  it('reads text that is JSON as its value, other text as text, and bytes as bytes', async () => {
    const { url } = await startServer((socket) => {
      for (const text of ['{"a":1}', 'hello', '42', '{ no json', '"quoted"', '', 'nullify']) {
        socket.send(text);
      }
      socket.send(Buffer.from([1, 2]));
      socket.close(1000);
    });
    const seen = await collect(await connectWebSocket(url));

    expect(seen.slice(0, 7)).toEqual([{ a: 1 }, 'hello', 42, '{ no json', 'quoted', '', 'nullify']);
    expect(new Uint8Array(seen[7] as Uint8Array)).toEqual(Uint8Array.of(1, 2));
  });

  it('leaves text as it is where that is asked for', async () => {
    const { url } = await startServer((socket) => {
      socket.send('{"a":1}');
      socket.close(1000);
    });
    const seen: (string | Uint8Array)[] = await collect(
      await connectWebSocket(url, { messages: 'text' }),
    );

    expect(seen).toEqual(['{"a":1}']);
  });

  it('fails the loop and closes with 1007 when a message is not what it has to be', async () => {
    const codes: number[] = [];
    const { url } = await startServer((socket) => {
      socket.on('close', (code) => codes.push(code));
      socket.send('no JSON');
    });
    const ws = await connectWebSocket(url, { messages: 'json' });

    await expect(collect(ws)).rejects.toBeInstanceOf(DeserializationError);
    expect(await ws.closed).toMatchObject({ by: 'failure' });
    await until(() => codes.length > 0);
    expect(codes).toEqual([1007]);
  });

  it('checks each message with a schema, and gives what the schema makes of it', async () => {
    const { url } = await startServer((socket) => {
      for (const id of ['1', '2']) socket.send(JSON.stringify({ id }));
      socket.close(1000);
    });
    const schema = z.object({ id: z.coerce.number() });
    const ws = await connectWebSocket(url, { schema });
    const ids: number[] = [];
    for await (const { id } of ws) ids.push(id);

    expect(ids).toEqual([1, 2]);
  });

  it('skips messages that do not fit where somebody wants to be told', async () => {
    const { url } = await startServer((socket) => {
      for (const text of ['{"id":1}', '{"id":"x"}', 'no JSON', '{"id":2}']) socket.send(text);
      socket.close(1000);
    });
    const onInvalid = vi.fn<(error: unknown) => void>();
    const schema = z.object({ id: z.number() });
    const ws = await connectWebSocket(url, { messages: 'json', schema, onInvalid });

    expect(await collect(ws)).toEqual([{ id: 1 }, { id: 2 }]);
    expect(onInvalid.mock.calls.map(([error]) => (error as LinkspanError).code)).toEqual([
      'validation',
      'decode_json',
    ]);
  });

  it('rejects what cannot be written, and stays open', async () => {
    const { url } = await startServer(echo);
    await using ws = await connectWebSocket(url);

    await expect(ws.send(5n)).rejects.toBeInstanceOf(SerializationError);
    await expect(ws.send(undefined)).rejects.toThrow(/Cannot write as JSON/);
    await ws.send('still here');
    expect((await ws[Symbol.asyncIterator]().next()).value).toBe('still here');
  });

  it('offers subprotocols, and tells the one that was chosen', async () => {
    const { url, upgrades } = await startServer(echo, {
      handleProtocols: (offered) => [...offered].at(-1)!,
    });
    await using ws = await connectWebSocket(url, { subprotocols: ['a.v2', 'a.v1'] });

    expect(ws.protocol).toBe('a.v1');
    expect(upgrades[0]?.headers['sec-websocket-protocol']).toBe('a.v2,a.v1');
  });

  it('sends headers and credentials, and shows them to nobody', async () => {
    const { url, upgrades } = await startServer(echo);
    await using ws = await connectWebSocket(url, {
      headers: { 'X-Tenant': 'blue' },
      auth: { bearer: () => 'canary' },
    });

    expect(upgrades[0]?.headers).toMatchObject({
      'x-tenant': 'blue',
      authorization: 'Bearer canary',
      'user-agent': expect.stringMatching(/^linkspan\//),
    });
    expect(ws.status).toBe('open');
  });

  it('rejects with the reason when its signal aborts, before and after it is open', async () => {
    const { url, sockets } = await startServer(echo);
    const reason = new Error('Enough');
    await expect(connectWebSocket(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const controller = new AbortController();
    const ws = await connectWebSocket(url, { signal: controller.signal });
    const reading = ws[Symbol.asyncIterator]().next();
    reading.catch(() => {});
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await ws.closed).toMatchObject({ by: 'failure', error: reason });
    await until(() => sockets.size === 0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('ends at its deadline, and says so', async () => {
    const { url } = await startServer(echo);
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, { totalMs: 5_000, clock });
    const reading = ws[Symbol.asyncIterator]().next();
    reading.catch(() => {});
    await clock.advance(5_000);

    await expect(reading).rejects.toMatchObject({ clock: 'totalMs', limitMs: 5_000 });
    expect(await ws.closed).toMatchObject({ by: 'failure', error: expect.any(TimeoutError) });
  });

  it('fails a reader that waits longer than idleMs', async () => {
    const { url } = await startServer((socket) => socket.send('first'));
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, { idleMs: 1_000, clock });
    const messages = ws[Symbol.asyncIterator]();
    expect(await messages.next()).toMatchObject({ value: 'first' });
    const reading = messages.next();
    reading.catch(() => {});
    await clock.advance(1_000);

    await expect(reading).rejects.toMatchObject({ clock: 'idleMs' });
  });

  it('tells every problem of its options at once, and no value of a secret', async () => {
    const error = await connectWebSocket('ws://127.0.0.1:9', {
      pingMs: -1,
      subprotocols: ['a b'],
      headers: { 'X-Bad': 'a\r\nb' },
      auth: { bearer: '' },
      messages: 'xml' as never,
    }).catch((thrown) => thrown);

    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.issues.map(({ option }: { option: string }) => option).toSorted()).toEqual([
      'auth.bearer',
      'headers.x-bad',
      'messages',
      'pingMs',
      'subprotocols',
    ]);
  });

  it.each(['http://127.0.0.1', 'ws://user:pw@127.0.0.1', 'nonsense', 'ws://127.0.0.1/\r\nx'])(
    'refuses the URL %j',
    async (url) => {
      await expect(connectWebSocket(url)).rejects.toBeInstanceOf(ConfigurationError);
    },
  );
});
