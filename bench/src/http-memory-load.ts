// One measurement of http-memory, in a process of its own: prints one number.
import { rawSse } from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import { Pool } from 'undici';

const [clientName, origin, mode, count] = process.argv.slice(2) as [string, string, string, string];
const units = Number(count);
const connections = mode === 'load' ? 100 : units;

interface Client {
  call(): Promise<unknown>;
  /** Opens a stream, reads its first event and keeps it. */
  open(): Promise<unknown>;
}

const makers: Readonly<Record<string, () => Client>> = {
  'undici.request': () => {
    const pool = new Pool(origin, { connections });
    return {
      call: async () => await (await pool.request({ path: '/json', method: 'GET' })).body.json(),
      async open() {
        const { body } = await pool.request({ path: '/idle', method: 'GET' });
        const iterator = body[Symbol.asyncIterator]();
        await iterator.next();
        return { body, iterator, waiting: iterator.next() };
      },
    };
  },
  linkspan: () => {
    const client = createHttpClient({ baseUrl: origin, connections });
    return {
      call: async () => await (await client.request({ path: '/json' })).json(),
      async open() {
        const stream = await client.stream({ path: '/idle' }, { dialect: rawSse });
        const iterator = stream[Symbol.asyncIterator]();
        await iterator.next();
        return { stream, iterator, waiting: iterator.next() };
      },
    };
  },
};

const make = makers[clientName];
if (make === undefined) throw new Error(`No client is called ${clientName}`);
const client = make();
if (mode === 'load') {
  let left = units;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.call();
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  console.log(process.memoryUsage().rss / 2 ** 20);
} else {
  await client.call();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const open = await Promise.all(Array.from({ length: units }, () => client.open()));
  globalThis.gc?.();
  console.log((process.memoryUsage().heapUsed - before) / open.length / 1024);
}
process.exit();
