// The peer of the slow reader, in a process of its own: /bytes?size=N and /events?size=N send so many
// bytes, as fast as they are taken; /given tells how many of the last answer were given to the wire.
import { createServer, type Server, type ServerResponse } from 'node:http';

const event = Buffer.from(`data: ${'x'.repeat(1016)}\n\n`);
/** 64 KiB, of whole events. */
const block = Buffer.concat(Array.from({ length: 64 }, () => event));
let given = 0;

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/given') {
    response.end(String(given));
    return;
  }
  const isEvents = url.pathname === '/events';
  response.writeHead(200, {
    'content-type': isEvents ? 'text/event-stream' : 'application/octet-stream',
  });
  given = 0;
  flood(response, Number(url.searchParams.get('size')));
}).listen(0, '127.0.0.1', function (this: Server) {
  const address = this.address();
  process.send?.(typeof address === 'object' ? address?.port : 0);
});
process.on('disconnect', () => process.exit());

function flood(response: ServerResponse, size: number): void {
  let hasRoom = true;
  while (hasRoom && given < size) {
    given += block.byteLength;
    hasRoom = response.write(block);
  }
  if (given >= size) response.end();
  else response.once('drain', () => flood(response, size));
}
