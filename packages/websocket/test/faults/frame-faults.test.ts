import { faultServer, type FaultId } from '@linkspan/testkit';
import { connectWebSocket } from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import { turn, until } from '../until.ts';
import { meetFault, type Numbers, rowName } from './meet-fault.ts';

const broken = { kind: 'protocol', code: 'ws_protocol', retryable: 'no' };
const tooLarge = { kind: 'message', code: 'message_too_large', retryable: 'no' };

const rows: readonly (readonly [row: string, fault: FaultId, numbers: Numbers, found: object])[] = [
  ['row 60', 'websocket-large-message', { bytes: 17 * 1024 * 1024 }, tooLarge],
  ['row 60', 'websocket-endless-message', {}, tooLarge],
  ['row 65', 'websocket-announced-length', { exponent: 62 }, broken],
  ['row 65', 'websocket-announced-length', { exponent: 40 }, tooLarge],
  ['row 65', 'websocket-negative-length', {}, broken],
  ['row 65', 'websocket-reserved-bit', { bits: 1 }, broken],
  ['row 65', 'websocket-reserved-bit', { bits: 2 }, broken],
  ['row 65', 'websocket-reserved-bit', { bits: 4 }, broken],
  ['row 65', 'websocket-reserved-opcode', { opcode: 3 }, broken],
  ['row 65', 'websocket-reserved-opcode', { opcode: 11 }, broken],
  ['row 65', 'websocket-masked', {}, broken],
  ['row 65', 'websocket-bad-utf8', {}, broken],
  ['row 65', 'websocket-fragmented-ping', {}, broken],
  ['row 65', 'websocket-large-ping', {}, broken],
  ['row 65', 'websocket-continuation-first', {}, broken],
  ['row 65', 'websocket-text-within-message', {}, broken],
  ['row 65', 'websocket-deflated-unasked', {}, broken],
  ['row 65', 'websocket-garbage', {}, broken],
  ['row 65', 'websocket-close-bad-utf8', {}, broken],
  ['row 65', 'websocket-close-one-byte', {}, broken],
  ['row 66', 'websocket-empty-fragments', {}, broken],
];

describe('a frame', () => {
  it.each(rows.map((row) => [rowName(row[0], row[1], row[2]), ...row] as const))(
    '%s',
    async (_name, _row, fault, numbers, found) => {
      const { error } = await meetFault(fault, { numbers });

      expect(error).toMatchObject({ ...found, sent: 'yes' });
    },
  );

  it('row 60: websocket-deflate-bomb is stopped at the limit where deflate is asked for', async () => {
    const { error } = await meetFault('websocket-deflate-bomb', { options: { deflate: true } });
    expect(error).toMatchObject({ ...tooLarge, sent: 'yes' });

    const { error: unasked } = await meetFault('websocket-deflate-bomb');
    expect(unasked).toMatchObject({ code: 'ws_handshake' });
  });

  it('row 65: websocket-fragments make one message, with a ping between them', async () => {
    const { value } = await meetFault('websocket-fragments', {
      numbers: { count: 5 },
      talk: async (channel) => {
        const { value: message } = await channel[Symbol.asyncIterator]().next();
        await channel.close();
        return message;
      },
    });

    expect(value).toBe('aaaaa');
  });

  it('row 66: websocket-flood is stopped while the reader is slow', async () => {
    await using server = await faultServer();
    await using ws = await connectWebSocket(server.url('websocket-flood'), { closeMs: 50 });
    const messages = ws[Symbol.asyncIterator]();
    await messages.next();
    let last = -1;
    for (let quiet = 0; quiet < 200;) {
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      await turn();
      quiet = server.flooded === last ? quiet + 1 : 0;
      last = server.flooded;
      expect(last).toBeLessThan(32 * 1024 * 1024);
    }

    for (let count = 0; count < 400; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one message after another
      expect((await messages.next()).done).toBe(false);
    }
    await until(() => server.flooded > last);
  });

  it('row 66: websocket-never-reads makes senders wait, and they are told when it is over', async () => {
    await using server = await faultServer();
    const ws = await connectWebSocket(server.url('websocket-never-reads'));
    const block = new Uint8Array(64 * 1024);
    let accepted = 0;
    const sending = (async () => {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- as fast as it is taken
        await ws.send(block);
        accepted += block.length;
      }
    })();
    sending.catch(() => {});
    let last = -1;
    for (let quiet = 0; quiet < 200;) {
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      await turn();
      quiet = accepted === last ? quiet + 1 : 0;
      last = accepted;
      expect(last).toBeLessThan(32 * 1024 * 1024);
      expect(ws.bufferedBytes).toBeLessThan(2 * 1024 * 1024);
    }

    const closing = ws.close();
    await expect(sending).rejects.toMatchObject({ kind: 'closed', sent: 'no' });
    await server.close();
    await closing;
  });

  it('row 66: websocket-ping-flood takes no memory, and does not keep messages back', async () => {
    const { value } = await meetFault('websocket-ping-flood', {
      talk: async (channel) => {
        for (let round = 0; round < 50; round++) {
          // oxlint-disable-next-line no-await-in-loop -- pings come meanwhile
          await turn();
        }
        await channel.close();
        return 'left';
      },
    });

    expect(value).toBe('left');
  });
});
