import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, clientOf } from './stdio-client.ts';

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the process of a stdioTransport()', () => {
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

  it('gives a process that does not answer its greeting up, and tries another next time', async () => {
    const client = clientOf('setInterval(() => {}, 1000)', {
      greeting: [{ jsonrpc: '2.0', id: 'g', method: 'initialize' }],
      connectMs: 50,
    });

    for (const id of [1, 2]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(client.request(call(id))).rejects.toMatchObject({
        name: 'ConnectionTimeoutError',
        sent: 'no',
      });
    }
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
});
