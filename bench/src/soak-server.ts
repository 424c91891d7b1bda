// The peer of the soak, in a process of its own: by its path a request is answered at once, late,
// slowly, with a 503 that asks to come back soon, with an endless stream, or by a reset.
import { createServer, type Server } from 'node:http';

createServer((request, response) => {
  request.resume();
  const kind = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')[1];
  if (kind === 'quick') response.end('{"ok":true}');
  else if (kind === 'late') setTimeout(() => response.end('{"ok":true}'), 30).unref();
  else if (kind === 'busy') response.writeHead(503, { 'retry-after-ms': '15' }).end('busy');
  else if (kind === 'reset') request.socket.resetAndDestroy();
  else {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: {"tick":1}\n\n'), 3);
    response.on('close', () => clearInterval(timer));
  }
}).listen(0, '127.0.0.1', function (this: Server) {
  const address = this.address();
  process.send?.(typeof address === 'object' ? address?.port : 0);
});
process.on('disconnect', () => process.exit());
