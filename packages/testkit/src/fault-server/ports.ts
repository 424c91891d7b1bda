import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port that is taken, and given back by `close()`. */
export interface Port {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a port of the loopback device that the system chooses. */
export async function listen(onSocket: (socket: Socket) => void): Promise<Port> {
  const server = createServer(onSocket);
  const port = await startListening(server);
  return { port, close: () => stopListening(server) };
}

/**
 * A port that refuses connections. A connection of its own holds it, so that the system gives it to
 * nobody else in the meantime.
 */
export async function refusingPort(): Promise<Port> {
  const server = createServer();
  const port = await startListening(server);
  const client = connect(port, '127.0.0.1');
  const [held] = (await once(server, 'connection')) as [Socket];
  const isClosed = stopListening(server);
  client.on('error', () => {});
  held.on('error', () => {});
  client.unref();
  held.unref();
  return {
    port,
    async close() {
      client.destroy();
      held.destroy();
      await isClosed;
    },
  };
}

/** Whether this system drops what connects to a port whose queue is full, as {@link hangingPort} needs. */
export const canHang: boolean = process.platform === 'linux';

/** The length of the queue asked for; the system takes one more. */
const QUEUE = 1;

/**
 * A port that answers nothing: a connection to it is neither made nor refused. A thread listens
 * there and sleeps, so that nobody takes connections from its queue, and the queue is full.
 */
export async function hangingPort(): Promise<Port> {
  const lock = new SharedArrayBuffer(4);
  const worker = new Worker(sleepingListener, { eval: true, workerData: { lock, queue: QUEUE } });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: QUEUE + 1 }, () => connect(port, '127.0.0.1'));
  await Promise.all(fillers.map((filler) => once(filler, 'connect')));
  for (const filler of fillers) filler.on('error', () => {}).unref();
  worker.unref();
  return {
    port,
    async close() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}

const sleepingListener = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: workerData.queue }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData.lock), 0, 0);
});`;

async function startListening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
