// What does a message cost, there and back, over a client for people, and over the channel of a
// transport, beside ws alone (G9)?
import { type Channel, createClient } from '@linkspan/core';
import { connectWebSocket, webSocketTransport } from '@linkspan/websocket';
import { WebSocket } from 'ws';
import { compare, type Contender } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';
import { startServer } from './start-server.ts';

const reference = 'ws';

interface Load {
  readonly title: string;
  /** How many messages are on their way at a time. */
  readonly window: number;
  readonly message: object;
}

const small = { type: 'delta', index: 7, text: 'A bridge' };
const large = { type: 'delta', text: 'tide '.repeat(800) };

const loads: readonly Load[] = [
  { title: 'small JSON, one at a time', message: small, window: 1 },
  { title: 'small JSON, 100 on their way', message: small, window: 100 },
  { title: '4 KB of JSON, 100 on their way', message: large, window: 100 },
];

/** A client whose program keeps a window of messages on their way. */
function iterated(
  name: string,
  open: () => Promise<Pick<Channel<unknown>, 'send' | 'close'> & AsyncIterable<unknown>>,
  { message, window }: Load,
  decode: (message: unknown) => unknown,
): Contender {
  let opened: ReturnType<typeof open> | undefined;
  let messages: AsyncIterator<unknown> | undefined;
  return {
    name,
    async run(units) {
      opened ??= open();
      const socket = await opened;
      messages ??= socket[Symbol.asyncIterator]();
      for (let sent = 0; sent < window; sent += 1) await socket.send(message);
      for (let received = 0; received < units; received += 1) {
        const { value } = await messages.next();
        if ((decode(value) as { readonly type: string }).type !== 'delta') throw new Error('Wrong');
        if (received + window < units) await socket.send(message);
      }
    },
    async close() {
      await (await opened)?.close();
    },
  };
}

function bare(origin: string, { message, window }: Load): Contender {
  let socket: WebSocket | undefined;
  return {
    name: reference,
    async run(units) {
      socket ??= await openBare(origin);
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const ws = socket;
      let received = 0;
      const onMessage = (data: Buffer): void => {
        received += 1;
        const { type } = JSON.parse(data.toString()) as { readonly type: string };
        if (type !== 'delta') reject(new Error('Wrong'));
        if (received + window <= units) ws.send(JSON.stringify(message));
        if (received === units) resolve(undefined);
      };
      ws.on('message', onMessage);
      for (let sent = 0; sent < window; sent += 1) ws.send(JSON.stringify(message));
      await promise;
      ws.off('message', onMessage);
    },
    close: async () => socket?.terminate(),
  };
}

/** The least that gives a loop over ws: no limit, no clock, no end. */
async function byHand(
  origin: string,
): Promise<Pick<Channel<unknown>, 'send' | 'close'> & AsyncIterable<unknown>> {
  const socket = await openBare(origin);
  const queue: string[] = [];
  let wake: ((result: IteratorResult<unknown>) => void) | undefined;
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (wake === undefined) queue.push(text);
    else wake({ done: false, value: JSON.parse(text) });
    wake = undefined;
  });
  return {
    send: async (message) => socket.send(JSON.stringify(message)),
    close: async () => socket.terminate(),
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const text = queue.shift();
        if (text !== undefined)
          return Promise.resolve({ done: false, value: JSON.parse(text) as unknown });
        return new Promise((resolve) => {
          wake = resolve;
        });
      },
    }),
  };
}

async function openBare(origin: string): Promise<WebSocket> {
  const socket = new WebSocket(`${origin}/echo`, { perMessageDeflate: false });
  await new Promise((resolve) => {
    socket.once('open', resolve);
  });
  return socket;
}

function contenders(origin: string, load: Load): Contender[] {
  const client = createClient({ transport: webSocketTransport(), env: {} });
  return [
    bare(origin, load),
    iterated(
      'ws in a loop by hand',
      () => byHand(origin),
      load,
      (message) => message,
    ),
    iterated(
      'linkspan connectWebSocket()',
      () => connectWebSocket(`${origin}/echo`, { reconnect: true }),
      load,
      (message) => message,
    ),
    iterated(
      'linkspan client.open()',
      () => client.open({ operation: 'OPEN', target: `${origin}/echo` }),
      load,
      (message) => JSON.parse(message as string) as unknown,
    ),
  ];
}

export const webSocket: Question = {
  asks: 'CPU of one message over a WebSocket, there and back (G9)',
  async run({ brief, only }) {
    const server = await startServer('./web-socket-server.ts');
    const origin = server.origin.replace('http', 'ws');
    for (const load of loads) {
      const rows = await compare(
        contenders(origin, load).filter(
          ({ name }) => name === reference || only?.has(name) !== false,
        ),
        { reference, rounds: brief ? 2 : 15, units: brief ? 1_000 : 20_000 },
      );
      printRows(load.title, reference, rows);
    }
    await server.stop();
  },
};
