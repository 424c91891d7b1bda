import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createClient, TransportRegistry } from '@linkspan/core';
import { mcp2025 } from '@linkspan/dialects';
import {
  type StdioOptions,
  stdioTransport,
  stdioTransportFactory,
} from '@linkspan/example-transport-stdio';
import { describe, expect, it, onTestFinished } from 'vitest';

/** How a program begins that takes messages, and says some. */
const BEGIN = `
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const take = (take) => require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => take(JSON.parse(line)));
`;

function options(program: string, more: Partial<StdioOptions> = {}): StdioOptions {
  return { command: process.execPath, args: ['-e', BEGIN + program], graceMs: 200, ...more };
}

function clientOf(program: string, more?: Partial<StdioOptions>) {
  const client = createClient({
    transport: stdioTransport(options(program, more)),
    ownTransport: true,
    retry: { maxRetries: 0 },
  });
  onTestFinished(() => client.close());
  return client;
}

const call = (id: number, method: string = 'ask', params: object = {}) => ({
  operation: 'POST',
  target: '',
  payload: { kind: 'value' as const, value: { jsonrpc: '2.0', id, method, params } },
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('stdioTransport()', () => {
  it('tells how the process ended, and the last that it said, without its keys', async () => {
    const client = clientOf(
      `take(() => { console.error('x'.repeat(5000)); console.error('No database for ' + process.env.API_KEY + ', password=hunter2'); process.exit(3); })`,
      { env: { API_KEY: 'key-of-the-test' } },
    );

    const error: unknown = await client.request(call(1)).catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      name: 'ConnectionResetError',
      code: 'process_exited',
      sent: 'maybe',
      message: expect.stringMatching(
        /exited with code 3, and said at last: .*No database for \[redacted\]/s,
      ),
    });
    const shown = inspect(error, { depth: 9 }) + JSON.stringify(error);
    expect(shown).not.toMatch(/key-of-the-test|hunter2/);
    expect((error as Error).message.length).toBeLessThan(2_500);
  });

  it('tells a signal for what it is', async () => {
    const client = clientOf(`take(() => process.kill(process.pid, 'SIGKILL'))`);

    await expect(client.request(call(1))).rejects.toThrow(/was ended by SIGKILL/);
  });

  it('says that nothing was sent when there is no such program', async () => {
    const client = clientOf('', { command: '/no/such/program' });

    await expect(client.request(call(1))).rejects.toMatchObject({
      code: 'process_not_started',
      sent: 'no',
      retryable: 'no',
      message: expect.stringMatching(/no such program/),
    });
  });

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
          sent: 'yes',
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

  it('hands on what a program needs of the environment, and no more', async () => {
    process.env['LINKSPAN_TEST_KEY'] = 'not for children';
    onTestFinished(() => void delete process.env['LINKSPAN_TEST_KEY']);
    const client = clientOf('take(({ id }) => say({ id, result: process.env }))', {
      env: { GIVEN: 'yes' },
    });

    const { result } = await (
      await client.request(call(1))
    ).json<{ result: Record<string, string> }>();

    expect(result).toMatchObject({ GIVEN: 'yes', PATH: process.env['PATH'] });
    expect(result).not.toHaveProperty('LINKSPAN_TEST_KEY');
  });

  it('lets the process end by itself when it closes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linkspan-stdio-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'ended');
    const client = clientOf(
      `take(({ id }) => say({ id, result: 1 })).on('close', () => require('node:fs').writeFileSync(process.env.FILE, ''))`,
      { env: { FILE: file }, graceMs: 10_000 },
    );
    await client.request(call(1));
    await client.close();

    expect(existsSync(file)).toBe(true);
  });

  it('ends a process that neither hears the end of its input nor a SIGTERM', async () => {
    const client = clientOf(
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); take(({ id }) => say({ id, result: process.pid }))`,
      { graceMs: 50 },
    );
    const { result } = await (await client.request(call(1))).json<{ result: number }>();
    expect(isRunning(result)).toBe(true);
    await client.close();

    expect(isRunning(result)).toBe(false);
  });

  it('greets each process first, and fails when the greeting is refused', async () => {
    const greeting = [
      { jsonrpc: '2.0', id: 'g', method: 'initialize' },
      { jsonrpc: '2.0', method: 'ready' },
    ];
    const polite = clientOf(
      `const seen = []; take(({ id, method }) => { seen.push(method); if (id !== undefined) say({ id, result: seen }); })`,
      { greeting },
    );
    const rude = clientOf(`take(({ id }) => say({ id, error: { code: 1, message: 'No' } }))`, {
      greeting,
    });

    expect(await (await polite.request(call(1))).json()).toMatchObject({
      result: ['initialize', 'ready', 'ask'],
    });
    await expect(rude.request(call(1))).rejects.toMatchObject({
      code: 'greeting_refused',
      sent: 'no',
    });
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
