import { Inbox, StreamGapError, TransportError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

/** What is read until the end, and the failure in its place. */
async function readAll(inbox: Inbox<string>): Promise<{ chunks: string[]; error: unknown }> {
  const chunks: string[] = [];
  try {
    for await (const chunk of inbox) chunks.push(chunk);
    return { chunks, error: undefined };
  } catch (error) {
    return { chunks, error };
  }
}

describe('Inbox', () => {
  it('gives what came before anybody read, what comes while somebody waits, and the end', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    inbox.push('one', 3);
    const reading = readAll(inbox);
    await Promise.resolve();
    inbox.push('two', 3);
    inbox.push('three', 5);
    inbox.end();
    inbox.push('late', 4);

    expect(await reading).toEqual({ chunks: ['one', 'two', 'three'], error: undefined });
  });

  it('tells a failure once, behind what had come', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    const failure = new TransportError('Cannot go on: the wire broke');
    inbox.push('one', 3);
    inbox.fail(failure);
    inbox.fail(new Error('Another'));

    expect(await readAll(inbox)).toEqual({ chunks: ['one'], error: failure });
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });

  it('serves reads that overlap in the order in which they were made', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    const first = inbox.next();
    // Asks again before the second one has been told anything.
    const third = first.then(() => inbox.next());
    const second = inbox.next();
    inbox.push('one', 3);
    inbox.push('two', 3);
    inbox.push('three', 5);
    inbox.end();
    const reads = await Promise.all([first, second, third]);

    expect(reads.map(({ value }) => value)).toEqual(['one', 'two', 'three']);
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });

  it('rejects the read that waits when the wire breaks', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    const read = inbox.next();
    const failure = new TransportError('Cannot go on: the wire broke');
    inbox.fail(failure);

    await expect(read).rejects.toBe(failure);
  });

  it('drops what passes its bound and all behind it, leaves the wire, and tells the loss', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    let left = 0;
    inbox.onOver(() => (left += 1));
    inbox.push('a', 500);
    inbox.push('b', 300);
    expect(left).toBe(0);
    inbox.push('c', 300);
    inbox.push('d', 1);

    const { chunks, error } = await readAll(inbox);
    expect(chunks).toEqual(['a', 'b']);
    expect(error).toBeInstanceOf(StreamGapError);
    expect(error).toMatchObject({ code: 'reader_overrun', sent: 'yes', retryable: 'no' });
    expect(left).toBe(1);
  });

  it('holds chunks without bytes within its bound as well', () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    for (let count = 0; count < 100; count++) inbox.push('', 0);

    expect(inbox.isOver).toBe(true);
  });

  it('has room again for what was read', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    for (let count = 0; count < 50; count++) {
      inbox.push('a', 800);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await inbox.next()).toEqual({ done: false, value: 'a' });
    }

    expect(inbox.isOver).toBe(false);
  });

  it('leaves the wire once when its reader leaves, and is at its end', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    let left = 0;
    inbox.onOver(() => (left += 1));
    inbox.push('one', 3);
    const seen: string[] = [];
    for await (const chunk of inbox) {
      seen.push(chunk);
      break;
    }
    inbox.push('two', 3);
    inbox.fail(new Error('Too late'));

    expect(seen).toEqual(['one']);
    expect(left).toBe(1);
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
    inbox.onOver(() => (left += 1));
    expect(left).toBe(2);
  });

  it('serves reads that overlap in their order, and ends all of them', async () => {
    const inbox = new Inbox<string>({ limitBytes: 1_000 });
    const reads = [inbox.next(), inbox.next(), inbox.next()];
    inbox.push('one', 3);
    inbox.push('two', 3);
    inbox.end();

    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual(['one', 'two', undefined]);
  });
});
