import { type Body, ConnectionResetError, MessageTooLargeError } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import {
  answering,
  type BrokenTransport,
  END,
  later,
  overBody,
  reading,
  sending,
  withoutReturn,
} from './variation.ts';

class LeakyTransport extends ReferenceTransport {
  protected override leave(): void {}
}

class SlotTransport extends ReferenceTransport {
  #free = 50;
  readonly #losesFailed: boolean;

  constructor(baseUrl: string, loses: 'failed' | 'left') {
    super(baseUrl);
    this.#losesFailed = loses === 'failed';
    const { send } = this;
    Object.defineProperty(this, 'send', {
      value: (async (request, context) => {
        while (this.#free === 0) await later(5);
        this.#free -= 1;
        try {
          const response = await send(request, context);
          if (this.#losesFailed) response.body.onClose(() => (this.#free += 1));
          return {
            ...response,
            body: this.#losesFailed ? response.body : this.#counted(response.body),
          };
        } catch (error) {
          if (!this.#losesFailed) this.#free += 1;
          throw error;
        }
      }) satisfies ReferenceTransport['send'],
    });
  }

  /** Only a body that was read to its end gives the slot back. */
  #counted(body: Body): Body {
    const iterate = reading(async (source) => {
      const read = await source.next();
      if (read.done === true) this.#free += 1;
      return read;
    });
    return overBody(body, { iterate });
  }
}

/** Bugs in leaving. */
export const brokenLeaving: readonly BrokenTransport[] = [
  {
    id: 'keeps-wire',
    bug: 'keeps the wire of a body that was left',
    seenIn: 'MemberJunction/MJ#4258',
    caughtBy: 'p3-cancel-unread',
    make: (baseUrl) => new LeakyTransport(baseUrl),
  },
  {
    id: 'loses-slots-of-failed-calls',
    bug: 'gives the slot in its pool back only when a call succeeds',
    seenIn: 'U6',
    caughtBy: 'p3-many-failed',
    make: (baseUrl) => new SlotTransport(baseUrl, 'failed'),
  },
  {
    id: 'loses-slots-of-left-bodies',
    bug: 'gives the slot in its pool back only when a body is read to its end',
    seenIn: 'diegosouzapw/OmniRoute#4309',
    caughtBy: 'p3-many-left',
    make: (baseUrl) => new SlotTransport(baseUrl, 'left'),
  },
  {
    id: 'iterator-without-return',
    bug: 'has iterators without return(), so that a break leaves everything as it is',
    seenIn: 'connectrpc/connect-es',
    caughtBy: 'p3-break',
    make: answering((body) => ({
      iterate: () => {
        const source = body[Symbol.asyncIterator]();
        return { next: () => source.next() };
      },
    })),
  },
  {
    id: 'error-in-loop-leaks',
    bug: 'frees the wire at the end of an iteration, and does not when its reader throws',
    caughtBy: 'p3-throw-in-loop',
    make: answering((body) => ({
      iterate: () => {
        const source = body[Symbol.asyncIterator]();
        return { next: () => source.next(), return: async () => END };
      },
    })),
  },
  {
    id: 'cancel-does-nothing',
    bug: 'has a cancel() that does nothing before somebody reads',
    seenIn: 'async generators, whose return() does not run what was not begun',
    caughtBy: 'p3-cancel-unread',
    make: answering(() => ({ cancel: async () => {} })),
  },
  {
    id: 'cancel-waits-for-read',
    bug: 'cancels only when the read that waits is over',
    seenIn: 'async generators, which queue return() behind next()',
    caughtBy: 'p3-cancel-while-reading',
    make: answering((body) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        iterate: reading((source) => {
          const read = source.next();
          last = read;
          return read;
        }),
        cancel: async () => {
          await last;
          await body.cancel();
        },
      };
    }),
  },
  {
    id: 'cancel-leaves-read-waiting',
    bug: 'lets a read wait for ever when the body is cancelled meanwhile',
    caughtBy: 'p3-cancel-while-reading',
    make: answering(() => ({
      iterate: reading(async (source) => {
        const read = await source.next();
        return read.done === true ? await new Promise<never>(() => {}) : read;
      }),
    })),
  },
  {
    id: 'return-before-first-read',
    bug: 'does nothing on return() before the first next()',
    seenIn: 'async generators',
    caughtBy: 'p3-return',
    make: answering((body) => ({
      iterate: () => {
        const source = body[Symbol.asyncIterator]();
        let hasBegun = false;
        return {
          next: () => {
            hasBegun = true;
            return source.next();
          },
          return: async () => {
            if (hasBegun) await source.return?.();
            return END;
          },
        };
      },
    })),
  },
  {
    id: 'disposal-does-nothing',
    bug: 'has a disposal that does nothing',
    caughtBy: 'p3-dispose',
    make: answering(() => ({ dispose: async () => {} })),
  },
  {
    id: 'aborted-flood-goes-on',
    bug: 'ends the reading of an aborted body, and leaves its wire as it is',
    caughtBy: 'p3-abort-while-flooded',
    make: sending(async (send, request, context) => {
      const { signal } = context;
      signal?.throwIfAborted();
      const { body, ...head } = await send(request, { ...context, signal: undefined });
      const iterate = reading(async (source) => {
        signal?.throwIfAborted();
        return await source.next();
      });
      return { ...head, body: overBody(body, { iterate }) };
    }),
  },
  {
    id: 'collects-without-limit',
    bug: 'knows no maxBytes until all is there',
    caughtBy: 'p3-too-large',
    make: answering((body) => ({ collect: () => body.collect() })),
  },
  {
    id: 'too-large-keeps-wire',
    bug: 'refuses a body that is too large, and leaves it on its wire',
    caughtBy: 'p3-too-large',
    make: answering((body) => ({
      collect: async ({ maxBytes = Infinity } = {}) => {
        const chunks: Uint8Array[] = [];
        const source = body[Symbol.asyncIterator]();
        for (let bytes = 0; ;) {
          // oxlint-disable-next-line no-await-in-loop -- one chunk after another
          const read = await source.next();
          if (read.done === true) return chunks;
          bytes += read.value.byteLength;
          if (bytes > maxBytes) throw new MessageTooLargeError('Cannot collect: too large');
          chunks.push(read.value);
        }
      },
    })),
  },
  {
    id: 'limit-is-one-less',
    bug: 'refuses a body that has exactly maxBytes',
    caughtBy: 'p3-limit-that-holds',
    make: answering((body) => ({
      collect: (options) =>
        body.collect(
          options?.maxBytes === undefined ? options : { maxBytes: options.maxBytes - 1 },
        ),
    })),
  },
  {
    id: 'cancel-rejects-second-time',
    bug: 'rejects when it is cancelled a second time',
    seenIn: 'ReadableStream.cancel() of a locked stream',
    caughtBy: 'p3-leave-twice',
    make: answering((body) => {
      let cancels = 0;
      return {
        cancel: async () => {
          cancels += 1;
          if (cancels > 1) throw new TypeError('Already cancelled');
          await body.cancel();
        },
      };
    }),
  },
  {
    id: 'close-is-not-told-when-left',
    bug: 'calls onClose at the end of a body, and not when it is left',
    caughtBy: 'p3-close-is-told-once',
    make: answering((body) => {
      let isLeft = false;
      return {
        cancel: async () => {
          isLeft = true;
          await body.cancel();
        },
        onClose: (listener) =>
          body.onClose(() => {
            if (!isLeft) listener();
          }),
      };
    }),
  },
  {
    id: 'close-is-told-twice',
    bug: 'calls onClose at the end of a body, and again when it is cancelled then',
    caughtBy: 'p3-close-is-told-once',
    make: answering((body) => {
      const listeners: (() => void)[] = [];
      return {
        cancel: async () => {
          await body.cancel();
          for (const listener of listeners) listener();
        },
        onClose: (listener) => {
          listeners.push(listener);
          body.onClose(listener);
        },
      };
    }),
  },
  {
    id: 'late-listener-is-not-told',
    bug: 'never calls a listener of onClose that comes when the body has ended',
    seenIn: 'cloudflare/partykit#403',
    caughtBy: 'p3-close-is-told-once',
    make: answering((body) => {
      let hasEnded = false;
      body.onClose(() => (hasEnded = true));
      return {
        onClose: (listener) => {
          if (!hasEnded) body.onClose(listener);
        },
      };
    }),
  },
  {
    id: 'keeps-payload-of-failed-call',
    bug: 'does not leave the payload of a call that failed',
    caughtBy: 'p3-payload-of-failed-call',
    make: sending((send, request, context) => send(withoutReturn(request), context)),
  },
  {
    id: 'early-answer-is-a-failure',
    bug: 'reads no answer before it has written the whole request, and then finds the wire broken',
    seenIn: 'row 23: an early 413, reported as a reset',
    caughtBy: 'p3-payload-of-refused-call',
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      if (response.status !== 413) return response;
      await response.body.cancel();
      throw new ConnectionResetError('Cannot send the payload: the wire broke');
    }),
  },
];
