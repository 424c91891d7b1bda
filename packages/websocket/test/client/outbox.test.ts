import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox, type OutgoingLink } from '../../src/client/outbox.ts';
import type { WireMessage } from '../../src/wire/inbox.ts';

/** A connection whose room and confirmations a test decides. */
class FakeLink implements OutgoingLink {
  readonly taken: WireMessage[] = [];
  /** Behind how many messages each ping was sent. */
  readonly pings: number[] = [];
  isOpen = true;
  hasRoom = true;

  offer(message: WireMessage): boolean {
    if (!this.isOpen || !this.hasRoom) return false;
    this.send(message);
    return true;
  }

  get sentCount(): number {
    return this.taken.length;
  }

  send(message: WireMessage): void {
    if (!this.isOpen) throw new Error('It was sent to a connection that takes nothing');
    this.taken.push(message);
  }

  ping(): void {
    this.pings.push(this.taken.length);
  }
}

const limits = { highWaterBytes: 100, highWaterMessages: 5 };

type Step = 'send' | 'full' | 'room' | 'confirm' | 'break' | 'connect' | 'close-frame';

describe('Outbox', () => {
  it('loses nothing and repeats nothing, whatever happens to its connections', async () => {
    const steps = fc.array(
      fc.constantFrom<Step>(
        'send',
        'send',
        'send',
        'full',
        'room',
        'confirm',
        'break',
        'connect',
        'close-frame',
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const outbox = new Outbox(limits);
        const links: FakeLink[] = [];
        const told: unknown[] = [];
        const confirmed: WireMessage[] = [];
        let link: FakeLink | undefined;
        let confirmedCount = 0;
        let count = 0;
        const settled: Promise<unknown>[] = [];
        const refused: string[] = [];
        for (const step of script) {
          if (step === 'send') {
            const message = `message ${++count}`;
            settled.push(
              outbox.push(message, message, undefined).catch(() => void refused.push(message)),
            );
          } else if (step === 'connect' && link === undefined) {
            link = new FakeLink();
            links.push(link);
            confirmedCount = 0;
            outbox.attach(link);
          } else if (link !== undefined) {
            if (step === 'full') link.hasRoom = false;
            if (step === 'close-frame') link.isOpen = false;
            if (step === 'room') {
              link.hasRoom = true;
              outbox.admit();
            }
            if (step === 'confirm') {
              confirmed.push(...link.taken.slice(confirmedCount));
              confirmedCount = link.taken.length;
              outbox.confirm(confirmedCount);
            }
            if (step === 'break') {
              told.push(...outbox.detach());
              link = undefined;
            }
          }
        }
        told.push(...outbox.detach());
        outbox.refuse(new Error('over'));
        await Promise.all(settled);
        const unsent = outbox.takeUnsent();

        const all = Array.from({ length: count }, (_, index) => `message ${index + 1}`);
        const taken = links.flatMap((each) => each.taken);
        expect([...taken, ...unsent, ...refused]).toEqual(all);
        expect(new Set([...confirmed, ...told])).toEqual(new Set(taken));
        expect(confirmed.length + told.length).toBe(taken.length);
      }),
    );
  });

  it('asks for a confirmation after 256 messages, and after 256 KiB', async () => {
    const outbox = new Outbox({ highWaterBytes: 1e9, highWaterMessages: 1e9 });
    const link = new FakeLink();
    outbox.attach(link);
    for (let count = 0; count < 600; count++) void outbox.push(count, 'x', undefined);
    expect(link.pings).toEqual([256, 512]);

    const bytes = new Uint8Array(100 * 1024);
    for (let count = 0; count < 3; count++) void outbox.push(count, bytes, undefined);
    expect(link.pings).toEqual([256, 512, 603]);
  });

  it('makes senders wait while 16 MiB are not confirmed', async () => {
    const outbox = new Outbox(limits);
    const link = new FakeLink();
    outbox.attach(link);
    const bytes = new Uint8Array(4 * 1024 * 1024);
    let accepted = 0;
    const sending = Array.from({ length: 6 }, async () => {
      await outbox.push(bytes, bytes, undefined);
      accepted += 1;
    });
    await Promise.all(sending.slice(0, 4));
    expect([accepted, link.taken.length]).toEqual([4, 4]);

    outbox.confirm(2);
    await Promise.all(sending);
    expect(link.taken).toHaveLength(6);
  });
});
