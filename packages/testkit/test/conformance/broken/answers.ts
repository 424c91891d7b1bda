import type { TransportResponse } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import { type BrokenTransport, later, over, overBody, reading, sending } from './variation.ts';

/** Bugs that make calls see one another. */
export const brokenAnswers: readonly BrokenTransport[] = [
  {
    id: 'last-response',
    bug: 'keeps one last response that all calls read',
    seenIn: 'U10; Pynector',
    caughtBy: 'p2-out-of-order',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let last: TransportResponse | undefined;
      return over(transport, {
        send: async (request, context) => {
          last = await transport.send(request, context);
          await later(1);
          return last;
        },
      });
    },
  },
  {
    id: 'answers-in-order',
    bug: 'gives answers to calls in the order of the calls, whichever came first',
    seenIn: 'clients that pipeline without looking',
    caughtBy: 'p2-out-of-order',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const waiting: PromiseWithResolvers<TransportResponse>[] = [];
      return over(transport, {
        send: (request, context) => {
          const mine = Promise.withResolvers<TransportResponse>();
          waiting.push(mine);
          transport.send(request, context).then(
            (response) => waiting.shift()?.resolve(response),
            (error: unknown) => waiting.shift()?.reject(error),
          );
          return mine.promise;
        },
      });
    },
  },
  {
    id: 'shared-decoder',
    bug: 'holds the chunks of all bodies in one buffer',
    caughtBy: 'p2-interleaved-bodies',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const held: Uint8Array[] = [];
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          const iterate = reading(async (source) => {
            const read = await source.next();
            if (read.done === true) return read;
            held.push(read.value);
            await later(2);
            return { done: false, value: held.pop() as Uint8Array };
          });
          return { ...response, body: overBody(response.body, { iterate }) };
        },
      });
    },
  },
  {
    id: 'shared-scratch-buffer',
    bug: 'writes the payloads of all calls into one buffer',
    caughtBy: 'p2-own-echo',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const scratch = new Uint8Array(64 * 1024);
      return over(transport, {
        send: async (request, context) => {
          const { payload } = request;
          if (payload?.kind !== 'bytes' || payload.bytes.length > scratch.length) {
            return await transport.send(request, context);
          }
          scratch.set(payload.bytes);
          await later(1);
          const bytes = scratch.subarray(0, payload.bytes.length);
          return await transport.send({ ...request, payload: { kind: 'bytes', bytes } }, context);
        },
      });
    },
  },
  {
    id: 'shared-head',
    bug: 'gives every call the same object for the head of its answer',
    caughtBy: 'p2-own-head',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const head: { status: number } = { status: 0 };
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          head.status = response.status ?? 0;
          await later(2);
          return { ...response, ...head };
        },
      });
    },
  },
  {
    id: 'rest-for-the-next',
    bug: 'leaves the rest of a body on the wire, for the next call to find',
    seenIn: 'nodejs/undici: bodies that are not drained',
    caughtBy: 'p2-nothing-left-of-abandoned-body',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let rest: Uint8Array | undefined;
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          const cancel = async (): Promise<void> => {
            const read = await response.body[Symbol.asyncIterator]().next();
            if (read.done !== true) rest = read.value;
            await response.body.cancel();
          };
          const iterate = reading(async (source) => {
            if (rest === undefined) return await source.next();
            const value = rest;
            rest = undefined;
            return { done: false, value };
          });
          return { ...response, body: overBody(response.body, { cancel, iterate }) };
        },
      });
    },
  },
  {
    id: 'late-answer-for-the-next',
    bug: 'gives the answer that came too late for one call to the next',
    seenIn: 'message transports without correlation, R2',
    caughtBy: 'p2-after-a-late-answer',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const late: TransportResponse[] = [];
      return over(transport, {
        send: async (request, context) => {
          const { attemptMs } = context;
          const early = late.shift();
          if (early !== undefined) return early;
          if (attemptMs === Infinity) {
            const response = await transport.send(request, context);
            const earlier = late.shift();
            if (earlier !== undefined) late.push(response);
            return earlier ?? response;
          }
          const unlimited = transport.send(request, { ...context, attemptMs: Infinity });
          unlimited.then(
            (response) => late.push(response),
            () => {},
          );
          return await transport.send(request, context);
        },
      });
    },
  },
  {
    id: 'changes-the-request',
    bug: 'writes its headers into the request of its caller',
    caughtBy: 'p2-same-request-twice',
    make: sending((send, request, context) => {
      Object.assign(request, { headers: { ...request.headers, 'x-mine': 'yes' } });
      return send(request, context);
    }),
  },
  {
    id: 'connects-once',
    bug: 'rejects a second connect() with "already connected"',
    seenIn: 'R2: disconnect was idempotent, connect was not',
    caughtBy: 'p2-parallel-connect',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let connects = 0;
      return over(transport, {
        connect: async () => {
          connects += 1;
          if (connects > 1) throw new Error('Already connected');
          await transport.connect();
        },
      });
    },
  },
  {
    id: 'fails-many',
    bug: 'has room for 64 calls and fails the others',
    seenIn: 'U6, the other way round',
    caughtBy: 'p2-many-at-once',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let running = 0;
      return over(transport, {
        send: async (request, context) => {
          if (running >= 64) throw new Error('Too many');
          running += 1;
          try {
            return await transport.send(request, context);
          } finally {
            running -= 1;
          }
        },
      });
    },
  },
  {
    id: 'mixes-uploads',
    bug: 'sends the chunks of all payloads over one queue',
    caughtBy: 'p2-own-upload',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const queue: Uint8Array[] = [];
      return over(transport, {
        send: async (request, context) => {
          const { payload } = request;
          if (payload?.kind !== 'factory') return await transport.send(request, context);
          const open = async function* (): AsyncGenerator<Uint8Array> {
            for await (const chunk of await payload.open()) {
              queue.push(chunk);
              await later(2);
              yield queue.pop() as Uint8Array;
            }
          };
          return await transport.send({ ...request, payload: { kind: 'factory', open } }, context);
        },
      });
    },
  },
];
