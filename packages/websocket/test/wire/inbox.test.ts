import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inbox, type MessageSource } from '../../src/wire/inbox.ts';

/** A socket that a test pushes by hand, and that tells whether it is paused. */
class FakeSource implements MessageSource {
  isPaused = true;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

const noop = (): void => {};

describe('Inbox', () => {
  it('gives every message once, in its order, whatever the pace of the two sides', async () => {
    const steps = fc.array(fc.constantFrom('push', 'push', 'read'), { maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const inbox = new Inbox<unknown>((message) => message, noop);
        inbox.attach(new FakeSource());
        const reads: Promise<IteratorResult<unknown>>[] = [];
        let count = 0;
        for (const step of script) {
          if (step === 'push') inbox.push(String(++count));
          else reads.push(inbox.next());
        }
        inbox.end({ code: 1000 });
        while (reads.length <= count) reads.push(inbox.next());
        const seen = (await Promise.all(reads)).flatMap((read) =>
          read.done === true ? [] : [read.value],
        );

        expect(seen).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)));
      }),
    );
  });

  it.each([
    ['bytes', new Uint8Array(64 * 1024), 16],
    ['messages', '', 1024],
  ])(
    'pauses its source over so many %s, and resumes it at half of them',
    async (_what, message, most) => {
      const source = new FakeSource();
      const inbox = new Inbox<unknown>((given) => given, noop);
      inbox.attach(source);
      for (let count = 1; count < most; count++) inbox.push(message);
      expect(source.isPaused).toBe(false);
      inbox.push(message);
      expect(source.isPaused).toBe(true);

      for (let count = 1; count < most / 2; count++) {
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        await inbox.next();
      }
      expect(source.isPaused).toBe(true);
      await inbox.next();
      expect(source.isPaused).toBe(false);
    },
  );

  it('tells the end, or the failure, behind what had come, and once', async () => {
    const failure = new Error('broken');
    const inbox = new Inbox<unknown>((message) => message, noop);
    inbox.push('last');
    inbox.fail(failure);
    inbox.push('late');
    inbox.end(undefined);

    expect(await inbox.next()).toEqual({ done: false, value: 'last' });
    await expect(inbox.next()).rejects.toBe(failure);
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });

  it('rejects one read with what cannot be decoded, and goes on', async () => {
    const inbox = new Inbox<unknown>((message) => JSON.parse(message as string), noop);
    const waiting = inbox.next();
    inbox.push('no JSON');
    inbox.push('also none');
    inbox.push('1');

    await expect(waiting).rejects.toThrow(SyntaxError);
    await expect(inbox.next()).rejects.toThrow(SyntaxError);
    expect(await inbox.next()).toEqual({ done: false, value: 1 });
  });

  it('lets a source go that is paused when its reader leaves', async () => {
    let left = 0;
    const source = new FakeSource();
    const inbox = new Inbox<unknown>(
      (message) => message,
      () => (left += 1),
    );
    inbox.attach(source);
    for (let count = 0; count < 1024; count++) inbox.push('');
    await inbox.return();
    await inbox.return();

    expect(left).toBe(1);
    expect(source.isPaused).toBe(false);
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });
});
