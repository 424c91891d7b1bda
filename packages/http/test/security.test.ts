import { inspect } from 'node:util';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import type { LinkspanError, TransportRequest } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import type { HttpTransportOptions } from '../src/options.ts';
import { type RawConnection, startRawServer } from './raw-server.ts';
import { contextOf, rejection, startTransport } from './transport-call.ts';

const CANARY = 'canary-0c1b';

const secretRequest = (target: string): TransportRequest => ({
  operation: 'POST',
  target: `${target}/path?key=${CANARY}`,
  headers: { authorization: `Bearer ${CANARY}`, 'x-api-key': CANARY, cookie: `a=${CANARY}` },
  payload: { kind: 'value', value: { password: CANARY } },
});

/** Everything that a program may print of an error. */
function printed(error: LinkspanError): string {
  return [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    JSON.stringify(error.cause),
    inspect(error, { depth: Infinity, showHidden: true }),
    inspect(error.cause, { depth: Infinity, showHidden: true }),
  ].join('\n');
}

const stumbles: readonly (readonly [string, (connection: RawConnection) => unknown])[] = [
  ['a reset', (connection) => connection.reset()],
  ['garbage', (connection) => connection.write('garbage\r\n\r\n')],
  [
    'headers that are too large',
    (connection) => connection.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`),
  ],
  ['a flood', (connection) => connection.write('HTTP/1.1 103 x\r\n\r\n'.repeat(50))],
  [
    'a redirect to nowhere',
    (connection) => connection.write('HTTP/1.1 302 x\r\ncontent-length: 0\r\n\r\n'),
  ],
  ['a cut body', (connection) => connection.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')],
];

describe('secrets', () => {
  it.each(stumbles)('are in no print of the error behind %s', async (_name, stumble) => {
    const server = await startRawServer(async (connection) => {
      await connection.arrival(CANARY, 5);
      await stumble(connection);
    });
    const transport = startTransport({ redirect: { follow: 'all' } });
    const call = transport
      .send(secretRequest(server.url), contextOf())
      .then(({ body }) => body.collect());

    expect(printed((await rejection(call)) as LinkspanError)).not.toContain(CANARY);
  });

  it('are in no print of a timeout', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const call = rejection(
      startTransport().send(
        secretRequest(server.url),
        contextOf({ deadline: Deadline.after(100, clock) }),
      ),
    );
    await (await server.connection(0)).arrival(CANARY, 5);
    await clock.advance(100);

    expect(printed((await call) as LinkspanError)).not.toContain(CANARY);
  });

  it.each<[string, HttpTransportOptions, string]>([
    ['a refused connection', {}, 'http://127.0.0.1:1'],
    ['a name that is not there', {}, 'http://nowhere.invalid'],
    ['a proxy that is not there', { proxy: `http://user:${CANARY}@127.0.0.1:1` }, 'https://a.test'],
    [
      'a forward proxy that is not there',
      { proxy: `http://user:${CANARY}@127.0.0.1:1` },
      'http://a.test',
    ],
    ['a URL with credentials', {}, `http://user:${CANARY}@127.0.0.1:1`],
    ['a scheme that is not HTTP', {}, `ftp://user:${CANARY}@127.0.0.1:1`],
    ['a target that is no URL', {}, `//user:${CANARY}@x`],
    ['a guard that says no', { allowTarget: () => false }, 'http://127.0.0.1:1'],
  ])('are in no print of the error behind %s', async (_name, options, target) => {
    const call = startTransport(options).send(secretRequest(target), contextOf());

    expect(printed((await rejection(call)) as LinkspanError)).not.toContain(CANARY);
  });

  it('are in no print of the error behind a header that cannot be sent', async () => {
    const call = startTransport().send(
      { operation: 'GET', target: 'http://127.0.0.1:1', headers: { 'x-api-key': `${CANARY}\n` } },
      contextOf(),
    );

    expect(printed((await rejection(call)) as LinkspanError)).not.toContain(CANARY);
  });

  it('are in no print of the transport', () => {
    const transport = startTransport({
      proxy: `http://user:${CANARY}@127.0.0.1:1`,
      baseUrl: 'http://a.test',
    });

    expect(inspect(transport, { depth: Infinity, showHidden: true })).not.toContain(CANARY);
    expect(JSON.stringify(transport)).not.toContain(CANARY);
  });
});

describe('hostile answers', () => {
  it('cannot reach the prototype of the headers', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(
        'HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\n__proto__: c\r\ncontent-length: 0\r\n\r\n',
      );
    });
    const { headers } = await startTransport().send(
      { operation: 'GET', target: server.url },
      contextOf(),
    );

    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    expect(headers['constructor']).toBe('b');
  });
});
