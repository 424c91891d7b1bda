import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import {
  type LoopbackServer,
  type SeenRequest,
  sendJson,
  startServer,
} from '../loopback-server.ts';

/** Answers by the path; any other is told what it sent. */
const rooms: Readonly<Record<string, (response: ServerResponse, name: string) => unknown>> = {
  status: (response, name) => {
    response.writeHead(Number(name), { 'content-type': 'text/plain' });
    response.end(['204', '205', '304'].includes(name) ? undefined : `status ${name}`);
  },
  redirect: (response, name) =>
    response.writeHead(Number(name), { location: '/landed?here=1' }).end('elsewhere'),
  cookies: (response) =>
    response
      .setHeader('set-cookie', ['a=1; Path=/', 'b=2'])
      .setHeader('x-many', ['one', 'two'])
      .setHeader('X-Upper', 'Case')
      .end('cookies'),
  text: (response) => response.end('\ufeffäöü €'),
  json: (response) => sendJson(response, { a: [1, 2, 3] }),
  'broken-json': (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'),
  empty: (response) => response.writeHead(200, { 'content-length': 0 }).end(),
  gzip: (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000))),
  form: (response) =>
    response
      .writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' })
      .end('a=1&b=two'),
  'cut-length': (response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.destroy());
  },
  'cut-chunks': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: half\n\n', () => response.destroy());
  },
  'no-answer': (response) => response.destroy(),
  events: (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: one\n\n');
    setImmediate(() => response.end('data: two\n\n'));
  },
  silent: (response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n'),
};

/** A server with a room for everything that a library may meet. */
export function startEchoServer(): Promise<LoopbackServer> {
  return startServer((request, response) => {
    const [, room = '', name = ''] = new URL(request.url, 'http://localhost').pathname.split('/');
    const answer = rooms[room];
    if (answer === undefined) sendJson(response, told(request));
    else answer(response, name);
  });
}

/** What was sent, without what differs from client to client. */
function told({ method, url, headers, body }: SeenRequest): object {
  const type = headers['content-type'];
  return {
    method,
    url,
    accept: headers.accept,
    type: type?.replace(/boundary=.*/, 'boundary=…'),
    // Boundaries differ in length, too.
    length: type?.startsWith('multipart') === true ? undefined : headers['content-length'],
    coding: headers['transfer-encoding'],
    custom: headers['x-custom'],
    authorization: headers.authorization,
    body:
      type?.startsWith('multipart') === true
        ? partsOf(body.toString(), type ?? '')
        : body.toString(),
  };
}

function partsOf(body: string, type: string): string[] {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1] ?? '';
  // The fetch of Node 22 ends a form without a line end.
  return body
    .trimEnd()
    .split(`--${boundary}`)
    .map((part) => part.replaceAll(/^content-[\w-]+(?=:)/gim, (name) => name.toLowerCase()));
}
