import { ManualClock } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireMessage } from '../../src/wire/inbox.ts';
import { Collector, LossyLink, smallSettings } from './lossy-link.ts';

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      action: fc.constant('send' as const),
      bytes: fc.oneof(fc.nat(6), fc.nat(70)),
      isText: fc.boolean(),
      byClient: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ action: fc.constant('read' as const), byClient: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      action: fc.constant('deliver' as const),
      toClient: fc.boolean(),
      count: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ action: fc.constantFrom('drop' as const, 'connect' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ action: fc.constant('advance' as const), ms: fc.nat(30) }) },
);

/** A message that nobody else has sent. */
function message(nth: number, bytes: number, isText: boolean): WireMessage {
  const text = `${nth}:${'é\n'.repeat(bytes / 3)}`;
  return isText ? text : new TextEncoder().encode(text);
}

/** Text and bytes stay what they are. */
const comparable = (messages: readonly WireMessage[]): string[] =>
  messages.map((each) => (typeof each === 'string' ? `text ${each}` : `bytes ${[...each].join()}`));

describe('a session over a link that drops at any moment', () => {
  it('gives every message to the reader once, in order, in both directions, within its bounds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const clock = new ManualClock();
        const settings = smallSettings(clock);
        const link = new LossyLink(settings);
        link.connect();
        link.deliverAll();
        const client = {
          session: link.client.session,
          sent: [] as WireMessage[],
          read: new Collector(link.client.session),
        };
        const server = {
          session: link.server,
          sent: [] as WireMessage[],
          read: new Collector(link.server),
        };
        const accepted: Promise<void>[] = [];
        const inOrder = (): void => {
          for (const [from, to] of [
            [client, server],
            [server, client],
          ] as const) {
            const got = comparable(to.read.messages);
            expect(got).toEqual(comparable(from.sent.slice(0, got.length)));
            expect(from.session.unconfirmedCount).toBeLessThanOrEqual(settings.maxUnconfirmed);
          }
        };

        for (const each of steps) {
          if (each.action === 'send') {
            const side = each.byClient ? client : server;
            const payload = message(side.sent.length, each.bytes, each.isText);
            side.sent.push(payload);
            accepted.push(side.session.send(payload));
          } else if (each.action === 'read') (each.byClient ? client : server).read.read();
          else if (each.action === 'deliver')
            link.deliver(each.toClient ? 'toClient' : 'toServer', each.count);
          else if (each.action === 'advance') await clock.advance(each.ms);
          else if (each.action === 'drop') link.drop();
          else link.connect();
          await Promise.resolve();
          inOrder();
        }
        // Calm: everything that was sent comes.
        const isComplete = (): boolean =>
          client.read.messages.length === server.sent.length &&
          server.read.messages.length === client.sent.length;
        for (let turns = 0; turns < 500 && !isComplete(); turns += 1) {
          link.connect();
          link.deliverAll();
          client.read.read();
          server.read.read();
          await clock.advance(20);
        }
        inOrder();
        expect(isComplete()).toBe(true);
        await Promise.all(accepted);
        expect(link.sessions).toHaveLength(1);

        const closing = client.session.close(4000, 'bye');
        for (let turns = 0; turns < 10; turns += 1) {
          link.connect();
          link.deliverAll();
          await Promise.resolve();
        }
        await closing;
        expect(await server.session.closed).toEqual({ by: 'peer', code: 4000, reason: 'bye' });
        expect(link.host.size).toBe(0);
        link.drop();
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });
});
