import assert from 'node:assert/strict';
import type { TransportResponse } from '@linkspan/core';
import { assertSame } from '../assert-same.ts';
import { assertBytes, concat, pattern, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertClosed, assertReason } from '../failures.ts';
import { BOUND_BYTES, plenty, Source } from '../source.ts';
import type { CallFacts, Trial } from '../trial.ts';

/** A payload whose messages are given one by one. */
class Messages implements AsyncIterable<Uint8Array> {
  readonly #waiting: Uint8Array[] = [];
  #taker: ((read: IteratorResult<Uint8Array, undefined>) => void) | undefined;
  #isEnded = false;
  isReleased = false;

  say(message: Uint8Array): void {
    this.#waiting.push(message);
    this.#give();
  }

  end(): void {
    this.#isEnded = true;
    this.#give();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#taker = resolve;
          this.#give();
        }),
      return: async () => {
        this.isReleased = true;
        this.end();
        return { done: true, value: undefined };
      },
    };
  }

  #give(): void {
    const taker = this.#taker;
    if (taker === undefined) return;
    const message = this.#waiting.shift();
    if (message === undefined && !this.#isEnded) return;
    this.#taker = undefined;
    if (message !== undefined) taker({ done: false, value: message });
    else {
      this.isReleased = true;
      taker({ done: true, value: undefined });
    }
  }
}

/** Both sides of one conversation. */
class Conversation {
  readonly messages: Messages;
  readonly response: TransportResponse;
  readonly #trial: Trial;
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;

  constructor(trial: Trial, messages: Messages, response: TransportResponse) {
    this.#trial = trial;
    this.messages = messages;
    this.response = response;
    this.#chunks = response.body[Symbol.asyncIterator]();
  }

  static async begin(trial: Trial, facts: CallFacts = {}): Promise<Conversation> {
    const messages = new Messages();
    const payload = { kind: 'stream', stream: messages } as const;
    return new Conversation(
      trial,
      messages,
      await trial.head({ kind: 'converse' }, { ...facts, payload }),
    );
  }

  /** What comes next, with no limit. */
  read(): Promise<IteratorResult<Uint8Array, unknown>> {
    const read = this.#chunks.next();
    read.catch(() => {});
    return read;
  }

  async next(): Promise<IteratorResult<Uint8Array, unknown>> {
    return await this.#trial.arrival(this.read(), 'what the peer says');
  }

  /** Says something, and fails unless the peer says it again. */
  async exchange(message: Uint8Array): Promise<void> {
    this.messages.say(message);
    const heard: Uint8Array[] = [];
    while (concat(heard).length < message.length) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after another
      const read = await this.next();
      assert.ok(read.done !== true, 'Expected a conversation that goes on');
      heard.push(read.value);
    }
    assertBytes(concat(heard), message, 'what the peer says again');
  }
}

/** Promise 5, both ways at once: a payload that is a stream is sent while the body comes back. */
export const p5Duplex: readonly ConformanceCase[] = defineCases(5, [
  {
    id: 'converse',
    title: 'sends each message while the body comes back, and ends when both have ended',
    needs: ['duplex'],
    async run(trial) {
      const conversation = await Conversation.begin(trial);
      for (let seed = 1; seed <= 20; seed++) {
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        await conversation.exchange(pattern(1 + seed * 50, seed));
      }
      conversation.messages.end();
      assertSame((await conversation.next()).done, true, 'Expected the end after our own');
      await trial.freed('when both sides had ended');
    },
  },
  {
    id: 'own-conversation',
    title: 'keeps conversations apart that are held at the same time',
    needs: ['duplex'],
    async run(trial) {
      const talks = Array.from({ length: 6 }, async (_, index) => {
        const conversation = await Conversation.begin(trial);
        for (let seed = 1; seed <= 10; seed++) {
          // oxlint-disable-next-line no-await-in-loop -- one message after another
          await conversation.exchange(pattern(300, index * 100 + seed));
        }
        conversation.messages.end();
        assert.ok((await conversation.next()).done === true, 'Expected the end after our own');
      });
      await Promise.all(talks);
    },
  },
  {
    id: 'leave-conversation',
    title: 'leaves the payload, and frees the wire, when the body of a conversation is left',
    needs: ['duplex'],
    async run(trial) {
      const conversation = await Conversation.begin(trial);
      await conversation.exchange(text('hello'));
      await trial.arrival(conversation.response.body.cancel(), 'cancel() to resolve');
      await trial.until(() => conversation.messages.isReleased, 'the payload to be left');
      await trial.freed('by cancel()');
    },
  },
  {
    id: 'abort-conversation',
    title: 'ends a conversation with the reason when its caller aborts, and leaves the payload',
    needs: ['duplex'],
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const conversation = await Conversation.begin(trial, { signal: controller.signal });
      await conversation.exchange(text('hello'));
      const reading = conversation.read();
      controller.abort(reason);
      assertReason(await trial.rejection(reading, 'reading an aborted body'), reason);
      await trial.until(() => conversation.messages.isReleased, 'the payload to be left');
      await trial.freed('by the abort');
    },
  },
  {
    id: 'close-conversation',
    title:
      'fails a conversation with ClosedError when the transport closes, and leaves the payload',
    needs: ['duplex'],
    async run(trial) {
      const conversation = await Conversation.begin(trial);
      await conversation.exchange(text('hello'));
      const reading = conversation.read();
      await trial.close();
      assertClosed(await trial.rejection(reading, 'reading when the transport closed'));
      await trial.until(() => conversation.messages.isReleased, 'the payload to be left');
    },
  },
  {
    id: 'failing-conversation',
    title: 'fails the body of a conversation whose payload breaks off',
    needs: ['duplex'],
    async run(trial) {
      const source = new Source({ chunks: [text('a')], failure: new Error('Disk gone') });
      const call = trial.send({ kind: 'converse' }, { payload: source.stream });
      await trial.callFailure(call, 'a conversation whose payload broke off');
    },
  },
  {
    id: 'one-sided-conversation',
    title: 'stops reading the payload when nobody reads what comes back',
    needs: ['duplex'],
    async run(trial) {
      const source = new Source({ chunks: plenty() });
      const { body } = await trial.head({ kind: 'converse' }, { payload: source.stream });
      let last = -1;
      for (let quietTurns = 0; quietTurns < 25;) {
        // oxlint-disable-next-line no-await-in-loop -- one look after another
        await trial.pass(10);
        quietTurns = source.pulledBytes === last ? quietTurns + 1 : 0;
        last = source.pulledBytes;
        assert.ok(last < BOUND_BYTES, 'Expected the reading of the payload to stop');
      }
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      await trial.until(() => source.isReleased, 'the payload to be left');
    },
  },
]);
