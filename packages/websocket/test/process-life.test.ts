import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from './start-server.ts';

const source = new URL('../src/index.ts', import.meta.url).href;

it('keeps a program alive while it reads, and no longer', async () => {
  const { url } = await startServer((socket) => {
    socket.send('first');
    socket.on('message', () => {
      socket.send('last');
      socket.close(1000);
    });
  });
  const program = `
    import { connectWebSocket } from '${source}';
    const ws = await connectWebSocket('${url}', { reconnect: true });
    for await (const message of ws) {
      process.stdout.write(message + ', ');
      if (message === 'first') setTimeout(() => ws.send('go on'), 50).unref();
    }
    process.stdout.write('complete');`;
  const child = spawn(
    process.execPath,
    ['--conditions=@linkspan/source', '--input-type=module', '--eval', program],
    { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill());
  const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);

  expect(printed).toBe('first, last, complete');
  expect(status).toBe(0);
});
