import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { directReadOptions, readDirectly } from '../../src/pool/direct-reads.ts';

let server: Server;
let options: ReturnType<typeof directReadOptions>;

beforeEach(async () => {
  options = directReadOptions();
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
});

/** Both ends of a connection whose reads are direct. */
async function open(): Promise<{ readonly ours: Socket; readonly peer: Socket }> {
  const { port } = server.address() as { readonly port: number };
  const accepted = once(server, 'connection');
  const ours = connect({ port, host: '127.0.0.1', onread: options } as NetConnectOpts);
  await once(ours, 'connect');
  readDirectly(ours);
  const [peer] = (await accepted) as [Socket];
  return { ours, peer };
}

/** Takes what there is on every `readable`, as undici's parser does, unless told to wait. */
function takeAll(socket: Socket, isWaiting: () => boolean = () => false): Buffer[] {
  const chunks: Buffer[] = [];
  socket.on('readable', () => {
    while (!isWaiting()) {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      chunks.push(chunk);
    }
  });
  return chunks;
}

it('gives bytes in the turn in which they come, and the end behind them', async () => {
  const { ours, peer } = await open();
  let buffered = 0;
  ours.prependListener('readable', () => (buffered = Math.max(buffered, ours.readableLength)));
  const chunks = takeAll(ours);
  peer.end('one');
  await once(ours, 'end');
  expect(Buffer.concat(chunks).toString()).toBe('one');
  expect(buffered).toBe(0);
});

it('keeps bytes apart that came over several sockets, large ones and small', async () => {
  const pairs = [await open(), await open(), await open()];
  const read = pairs.map(({ ours }) => takeAll(ours));
  const written = pairs.map(({ peer }, index) => {
    const sizes = [1, 100, 2048, 2049, 70_000, 3];
    const pieces = sizes.map((size, turn) => Buffer.alloc(size, 16 * index + turn + 1));
    for (const piece of pieces) peer.write(piece);
    peer.end();
    return Buffer.concat(pieces);
  });
  await Promise.all(pairs.map(({ ours }) => once(ours, 'end')));
  expect(
    read.map((chunks) => Buffer.concat(chunks).equals(written[read.indexOf(chunks)]!)),
  ).toEqual([true, true, true]);
});

it('loses and repeats nothing however often its reader waits', async () => {
  const scripts = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 8 }),
    waits: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(scripts, async ({ sizes, waits }) => {
      const { ours, peer } = await open();
      let turn = 0;
      let isWaiting = false;
      const chunks = takeAll(ours, () => isWaiting);
      ours.on('readable', () => {
        isWaiting = waits[(turn += 1) % waits.length]!;
        if (!isWaiting) return;
        setImmediate(() => {
          isWaiting = false;
          ours.emit('readable');
        });
      });
      const written = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));
      peer.end(written);
      await once(ours, 'end');
      expect(Buffer.concat(chunks).equals(written)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it('slows the peer while its reader waits', async () => {
  const { ours, peer } = await open();
  let isWaiting = true;
  const chunks = takeAll(ours, () => isWaiting);
  const written = Buffer.alloc(20_000_000, 7);
  peer.end(written);
  await once(ours, 'readable');
  while (peer.writableLength === 0 || ours.readableLength < 64 * 1024) {
    // oxlint-disable-next-line no-await-in-loop -- until the buffers between the two are full
    await new Promise(setImmediate);
  }
  expect(ours.readableLength).toBeLessThan(1_000_000);
  expect(peer.writableLength).toBeGreaterThan(0);
  isWaiting = false;
  ours.emit('readable');
  await once(ours, 'end');
  expect(Buffer.concat(chunks).equals(written)).toBe(true);
});

it('does not let one reader take the bytes of another to a different thread', async () => {
  const { ours, peer } = await open();
  const chunks = takeAll(ours);
  peer.end('small');
  await once(ours, 'end');
  const [chunk] = chunks as [Buffer];
  expect(() => structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] })).toThrow(
    /cannot transfer/i,
  );
});
