import { connectWebSocket, rpc } from '@linkspan/websocket';
import { expect, it } from 'vitest';
import { startServer } from '../start-server.ts';
import { until } from '../until.ts';

it('58 fails a request whose connection broke as maybe sent, and sends the next on the new one', async () => {
  const heard: string[] = [];
  const { url } = await startServer((socket, _request, count) => {
    socket.on('message', (data) => {
      heard.push(String(data));
      const { id } = JSON.parse(String(data)) as { readonly id: number };
      if (count === 1) socket.terminate();
      else socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: `from ${count}` }));
    });
  });
  const ws = await connectWebSocket(url, { reconnect: { baseDelayMs: 0 } });
  const peer = rpc<{ ask(): string }>(ws);

  await expect(peer.request('ask')).rejects.toMatchObject({ code: 'channel_ended', sent: 'maybe' });
  expect(await peer.request('ask')).toBe('from 2');
  expect(heard).toHaveLength(2);
  await peer.close();
  await until(() => ws.status === 'closed');
});
