import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRawServer, answer } from './raw-server.ts';

const source = new URL('../src/index.ts', import.meta.url).href;

/** A program that does nothing but read a stream, on a connection made by `before`, without clocks. */
const program = (url: string, before: string): string => `
  import { createHttpClient } from '${source}';
  const off = { firstEventMs: Infinity, eventIdleMs: Infinity, idleMs: Infinity };
  const client = createHttpClient({ baseUrl: '${url}', connections: 1, ...off });
  ${before}
  for await (const { data } of client.postStream('/events')) {
    await new Promise(setImmediate);
    if (data === 'last') process.stdout.write(', last');
    else process.stdout.write(process.getActiveResourcesInfo().join());
  }
  process.stdout.write(', complete');`;

describe('a program that only reads a stream', () => {
  it.each([
    ['a new connection', ''],
    ['a connection that was opened before', 'await client.connect();'],
    ['a connection that was used before', "await (await client.get('/')).bytes();"],
  ])('does not end before the stream does, on %s', async (_name, before) => {
    const server = await startRawServer(async (connection) => {
      if (before.includes('get')) {
        await connection.request();
        connection.write(answer(''));
      }
      await connection.arrival('POST /events');
      connection.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: first\n\n');
    });
    const child = spawn(
      process.execPath,
      [
        '--conditions=@linkspan/source',
        '--input-type=module',
        '--eval',
        program(server.url, before),
      ],
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill());
    child.stdout.once('data', () => server.connections[0]?.end('data: last\n\n'));
    const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);

    expect(printed).toMatch(/TCPSocketWrap.*, last, complete$/);
    expect(status).toBe(0);
    expect(server.connections).toHaveLength(1);
  });
});
