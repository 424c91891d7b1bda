import { TransportRegistry } from '@linkspan/core';
import { mcp2025 } from '@linkspan/dialects';
import { stdioTransportFactory } from '@linkspan/example-transport-stdio';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { call, clientOf, options } from './stdio-client.ts';

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('stdioTransport()', () => {
  it('fails every call when the process writes what is no message, and starts another', async () => {
    const client = clientOf(
      `take(({ id, method }) => method === 'babble' ? console.log('Starting up... done') : method === 'ask' && say({ id, result: process.pid }))`,
    );
    const first = await (await client.request(call(1))).json<{ result: number }>();
    const waiting = client.request(call(2, 'wait'));
    const babbling = client.request(call(3, 'babble'));

    await Promise.all(
      [waiting, babbling].map((request) =>
        expect(request).rejects.toMatchObject({
          code: 'not_json_rpc',
          sent: 'maybe',
          message: expect.stringMatching(/"Starting up... done"/),
        }),
      ),
    );
    const second = await (await client.request(call(4))).json<{ result: number }>();
    expect(second.result).not.toBe(first.result);
    expect(isRunning(first.result)).toBe(false);
  });

  it.each([
    ['half a line', `process.stdout.write('{"jsonrpc":"2.0","id":1,"resu', () => process.exit(0))`],
    ['nothing more', 'process.exit(0)'],
    ['a signal', `process.kill(process.pid, 'SIGKILL')`],
  ])('fails a stream that is cut by %s, behind what had come', async (_how, end) => {
    const progress = `say({ method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } })`;
    const client = clientOf(
      `take(() => { ${progress}; process.stdout.write('', () => { ${end} }); })`,
    );
    const request = call(1, 'tools/call', { _meta: { progressToken: 'p' } });

    const stream = await client.stream(request, { dialect: mcp2025 });
    const events: unknown[] = [];
    const reading = (async () => {
      for await (const event of stream) events.push(event);
    })();

    await expect(reading).rejects.toMatchObject({ transport: 'stdio', sent: 'yes' });
    expect(events).toHaveLength(1);
    expect((await stream.outcome).status).not.toBe('complete');
  });

  it('takes a request back whose caller has left', async () => {
    const news: object[] = [];
    const heard = Promise.withResolvers<void>();
    const client = clientOf(
      `take((message) => message.method === 'notifications/cancelled' ? say({ method: 'news', params: message.params }) : say({ method: 'news', params: 'taken' }))`,
      {
        onMessage: (message) => {
          news.push(message);
          if (news.length === 1) controller.abort('left');
          else heard.resolve();
        },
      },
    );
    const controller = new AbortController();

    await expect(client.request(call(7), { signal: controller.signal })).rejects.toBe('left');
    await heard.promise;

    expect(news).toEqual([
      { jsonrpc: '2.0', method: 'news', params: 'taken' },
      { jsonrpc: '2.0', method: 'news', params: { requestId: 7 } },
    ]);
  });

  it('refuses what the process asks when nobody takes it, so that it need not wait', async () => {
    const client = clientOf(
      `let asked; take((message) => {
        if (message.method) { asked = message.id; say({ id: 'mine', method: 'roots/list' }); }
        else say({ id: asked, result: message.error });
      })`,
    );

    expect(await (await client.request(call(1))).json()).toMatchObject({
      id: 1,
      result: { code: -32601 },
    });
  });

  it('says truly that a request was not sent for which a process that does not read left no room', async () => {
    const client = clientOf('process.stdin.pause(); setInterval(() => {}, 1000)');
    const large = (id: number) => call(id, 'ask', { text: 'x'.repeat(1024 * 1024) });
    const controller = new AbortController();
    const { signal } = controller;
    const first = client.request(large(1), { signal });

    await expect(client.request(large(2), { attemptMs: 300 })).rejects.toMatchObject({
      name: 'TimeoutError',
      phase: 'send',
      sent: 'no',
    });
    controller.abort('left');
    await expect(first).rejects.toBe('left');
  });

  it('refuses a second request with an id that is under way', async () => {
    const client = clientOf(
      `const held = []; take((message) => { held.push(message); if (held.length === 2) held.forEach(({ id }) => say({ id, result: held.length })); })`,
    );
    const first = client.request(call(1));
    await expect(client.request(call(1))).rejects.toMatchObject({
      name: 'SerializationError',
      sent: 'no',
    });
    const other = client.request(call(2));

    expect(await (await first).json()).toMatchObject({ result: 2 });
    expect(await (await other).json()).toMatchObject({ result: 2 });
  });

  it('goes on when the one who takes messages throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const client = clientOf(
      `take(({ id }) => { say({ method: 'news' }); say({ id, result: 1 }); })`,
      {
        onMessage: () => {
          throw new Error('A bug of the listener');
        },
      },
    );

    expect(await (await client.request(call(1))).json()).toMatchObject({ result: 1 });
    expect(String(warned.mock.calls[0]?.[0])).toMatch(/onMessage hook failed/);
  });

  it.each([
    ['no payload', { operation: 'POST', target: '' }],
    ['no message', { operation: 'POST', target: '', payload: { kind: 'value', value: { a: 1 } } }],
    [
      'no JSON',
      { operation: 'POST', target: '', payload: { kind: 'bytes', bytes: Buffer.from('{') } },
    ],
  ] as const)('sends nothing of a request with %s', async (_what, request) => {
    const client = clientOf('', { command: '/no/such/program' });

    await expect(client.request(request)).rejects.toMatchObject({
      name: 'SerializationError',
      sent: 'no',
    });
  });

  it('writes a message on one line, however it was laid out', async () => {
    const client = clientOf('take(({ id, params }) => say({ id, result: params }))');
    const value = { jsonrpc: '2.0', id: 1, method: 'echo', params: { text: 'a\nb', list: [1, 2] } };
    const bytes = Buffer.from(JSON.stringify(value, undefined, 2).replaceAll('\n', '\r\n'));

    const response = await client.request({
      operation: 'POST',
      target: '',
      payload: { kind: 'bytes', bytes },
    });

    expect(await response.json()).toMatchObject({ result: { text: 'a\nb', list: [1, 2] } });
  });

  it.each([
    ['fails a conversation whose process exits with another code than 0', 2, 'failure'],
    ['ends a conversation whose process exits with 0', 0, 'peer'],
  ] as const)('%s', async (_title, code, by) => {
    const client = clientOf(
      `say({ method: 'news' }); process.stdout.write('', () => process.exit(${code}))`,
    );
    const channel = await client.open({ operation: 'open', target: '' });
    const messages: unknown[] = [];
    const reading = (async () => {
      for await (const message of channel)
        messages.push(JSON.parse(Buffer.from(message).toString()));
    })();
    await reading.catch(() => {});

    expect(messages).toEqual([{ jsonrpc: '2.0', method: 'news' }]);
    expect(await channel.closed).toMatchObject({ by });
  });

  it('is made by its name, from data', async () => {
    const registry = new TransportRegistry().register('stdio', stdioTransportFactory());
    const transport = registry.create('stdio', options('take(({ id }) => say({ id, result: 1 }))'));
    onTestFinished(() => transport.close());

    expect(transport.name).toBe('stdio');
    expect(() => registry.create('stdio', { command: '', graceMs: 0 })).toThrow(
      /command: .*\n.*graceMs: /,
    );
  });
});
