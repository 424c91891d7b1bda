// The peer of the WebSocket questions, in a process of its own. /echo sends every message back,
// /flood?size=N sends so many bytes in messages of 64 KiB, as fast as they are taken, /deaf reads
// nothing, /talk sends a message every 3 ms, /late opens after 30 ms, /no refuses, /cut breaks off.
import { createServer, type Server } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

const block = Buffer.alloc(64 * 1024, 'x');
const sockets = new WebSocketServer({ noServer: true });

function flood(socket: WebSocket, left: number): void {
  if (left <= 0) socket.close(1000);
  else if (socket.readyState === WebSocket.OPEN)
    socket.send(block, () => flood(socket, left - block.length));
}

function play(socket: WebSocket, url: URL): void {
  socket.on('error', () => {});
  switch (url.pathname.split('/')[1]) {
    case 'flood':
      flood(socket, Number(url.searchParams.get('size')));
      return;
    case 'deaf':
      socket.pause();
      return;
    case 'talk': {
      const timer = setInterval(() => socket.send('{"tick":1}'), 3);
      socket.on('close', () => clearInterval(timer));
      return;
    }
    case 'cut':
      socket.send('{"cut":1}', () => setTimeout(() => socket.terminate(), 10));
      return;
    default:
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  }
}

createServer()
  .on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    socket.on('error', () => {});
    const open = (): void =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => play(webSocket, url));
    if (url.pathname.startsWith('/no')) {
      socket.end('HTTP/1.1 503 No\r\nretry-after-ms: 5\r\ncontent-length: 2\r\n\r\nno');
    } else if (url.pathname.startsWith('/late')) setTimeout(open, 30);
    else open();
  })
  .listen(0, '127.0.0.1', function (this: Server) {
    const address = this.address();
    process.send?.(typeof address === 'object' ? address?.port : 0);
  });
process.on('disconnect', () => process.exit());
