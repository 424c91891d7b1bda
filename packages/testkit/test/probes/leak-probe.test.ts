import { AssertionError } from 'node:assert';
import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { promisify } from 'node:util';
import { leakProbe } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

const execute = promisify(execFile);
const now = { withinMs: 0 };

async function failure(promise: Promise<unknown>): Promise<AssertionError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AssertionError);
  return error as AssertionError;
}

describe('leakProbe()', () => {
  it('finds nothing where nothing is left', async () => {
    const probe = leakProbe({ maxHeapGrowthBytes: 2 ** 20 });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    clearTimeout(setTimeout(() => {}, 60_000));
    server.close();

    await expect(probe.check()).resolves.toBeUndefined();
  });

  it('tells the sockets and servers that are left, those too that do not hold the process', async () => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const probe = leakProbe();
    const socket = connect(port, '127.0.0.1').unref();
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');

    const { message, actual } = await failure(probe.check(now));

    expect(message).toMatch(
      new RegExp(`a TCP socket to 127.0.0.1:${port} made at .*leak-probe.test.ts:\\d+`),
    );
    expect(actual).toMatchObject({
      handles: expect.arrayContaining([
        {
          kind: 'TCP socket',
          detail: `to 127.0.0.1:${port}`,
          madeAt: expect.any(String) as string,
        },
      ]) as unknown[],
    });
  });

  it('tells a timer that is left, unref or not, and where it was set', async () => {
    const probe = leakProbe();
    const timer = setTimeout(() => {}, 54_321).unref();
    onTestFinished(() => clearTimeout(timer));

    const { message } = await failure(probe.check(now));

    expect(message).toMatch(/a timer of 54321 ms made at .*leak-probe.test.ts:\d+/);
  });

  it('does not tell what was there before, nor what it is told to ignore', async () => {
    const before = setTimeout(() => {}, 60_000);
    const probe = leakProbe({ ignore: ({ detail }) => detail === 'of 1234 ms' });
    const ignored = setTimeout(() => {}, 1_234);
    onTestFinished(() => [before, ignored].forEach((timer) => clearTimeout(timer)));

    await expect(probe.check(now)).resolves.toBeUndefined();
  });

  it('waits for what goes by itself', async () => {
    const probe = leakProbe();
    setTimeout(() => {}, 20);

    expect(probe.report().handles).toHaveLength(1);
    await probe.check();
    expect(probe.report().handles).toHaveLength(0);
  });

  it('counts the listeners of emitters, signals and the process', async () => {
    const emitter = new EventEmitter().on('data', () => {});
    const { signal } = new AbortController();
    const probe = leakProbe({ listeners: { 'the feed': emitter, 'the signal': signal } });
    emitter.on('data', () => {}).on('end', () => {});
    signal.addEventListener('abort', () => {});
    const onHup = (): void => {};
    process.on('SIGUSR2', onHup);
    onTestFinished(() => void process.off('SIGUSR2', onHup));

    const { message, actual } = await failure(probe.check(now));

    expect(message).toContain("1 listener for 'abort' on the signal");
    expect((actual as { listeners: unknown }).listeners).toEqual([
      { on: 'the feed', event: 'data', count: 1 },
      { on: 'the feed', event: 'end', count: 1 },
      { on: 'the signal', event: 'abort', count: 1 },
      { on: 'process', event: 'SIGUSR2', count: 1 },
    ]);
  });

  it('tells a warning of too many listeners, and reports the others', async () => {
    const probe = leakProbe();
    const emitter = new EventEmitter();
    for (let count = 0; count < 11; count += 1) emitter.on('data', () => {});
    process.emitWarning('only so');

    const { message } = await failure(probe.check(now));

    expect(message).toContain('a warning: MaxListenersExceededWarning');
    expect(message).not.toContain('only so');
    expect(probe.report().warnings.map((warning) => warning.message)).toContain('only so');
  });

  it('measures the heap, and the buffers beside it', async () => {
    const probe = leakProbe({ maxHeapGrowthBytes: 2 ** 20 });
    const kept = Buffer.alloc(4 * 2 ** 20, 1);

    const { message } = await failure(probe.check(now));

    expect(message).toMatch(/\d{7} bytes more on the heap; expected at most 1048576/);
    expect(kept).toHaveLength(4 * 2 ** 20);
  });

  it('ends with its check, and tells the same when it is asked again', async () => {
    const listeners = process.listenerCount('unhandledRejection');
    const probe = leakProbe();
    const timer = setTimeout(() => {}, 60_000);
    const first = await failure(probe.check(now));
    clearTimeout(timer);

    expect(await failure(probe.check())).toBe(first);
    expect(process.listenerCount('unhandledRejection')).toBe(listeners);
  });

  it('names an option that is wrong', () => {
    expect(() => leakProbe({ listeners: { it: {} as never } })).toThrow(
      /listeners\.it: expected an EventEmitter or an AbortSignal/,
    );
    expect(() => leakProbe({ maxHeap: 1 } as never)).toThrow(/maxHeap: .*maxHeapGrowthBytes/);
  });

  // In a process of its own: the test runner counts an unhandled rejection as a failure.
  it('tells a rejection that nobody handled, without a secret, and not one handled late', async () => {
    const program = `
      import { leakProbe } from '@linkspan/testkit';
      const probe = leakProbe();
      void Promise.reject(new Error('lost, with Bearer abcdef0123456789abcdef'));
      const late = Promise.reject(new Error('handled late'));
      setImmediate(() => late.catch(() => {}));
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      const error = await probe.check({ withinMs: 0 }).catch((reason) => reason);
      console.log(error.message);`;
    const flags = ['--conditions=@linkspan/source', '--input-type=module', '--eval', program];

    const { stdout } = await execute(process.execPath, flags, { cwd: import.meta.dirname });

    expect(stdout).toContain('an unhandled rejection: Error: lost, with Bearer [redacted]');
    expect(stdout).not.toContain('handled late');
  });
});
