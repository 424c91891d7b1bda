import { ClosedError } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import { readingAhead } from './read-ahead.ts';
import {
  type BrokenTransport,
  END,
  failingBody,
  later,
  over,
  sending,
  withoutReturn,
} from './variation.ts';

/** Bugs in conversations. */
export const brokenConversations: readonly BrokenTransport[] = [
  {
    id: 'listens-ahead',
    bug: 'reads what is to be said in a conversation into a queue as fast as it comes',
    caughtBy: 'p5-one-sided-conversation',
    make: readingAhead,
  },
  {
    id: 'conversation-in-turns',
    bug: 'gives the body of a conversation when its payload has ended',
    caughtBy: 'p5-converse',
    make: sending(async (send, request, context) => {
      const { payload } = request;
      if (payload?.kind !== 'stream') return await send(request, context);
      const ended = Promise.withResolvers<void>();
      const stream = (async function* () {
        try {
          yield* payload.stream as AsyncIterable<Uint8Array>;
        } finally {
          ended.resolve();
        }
      })();
      const response = await send({ ...request, payload: { kind: 'stream', stream } }, context);
      await ended.promise;
      return response;
    }),
  },
  {
    id: 'keeps-payload-of-left-conversation',
    bug: 'does not leave the payload when the body of a conversation is left',
    caughtBy: 'p5-leave-conversation',
    make: sending((send, request, context) => send(withoutReturn(request), context)),
  },
  {
    id: 'keeps-payload-of-aborted-conversation',
    bug: 'does not leave the payload when a conversation is aborted',
    caughtBy: 'p5-abort-conversation',
    make: sending((send, request, context) => send(withoutReturn(request), context)),
  },
  {
    id: 'closed-conversation-ends',
    bug: 'ends a conversation when it closes, as if its peer had',
    seenIn: 'cloudflare/partykit#403',
    caughtBy: 'p5-close-conversation',
    make: failingBody((error) => (error instanceof ClosedError ? END : error)),
  },
  {
    id: 'mixes-conversations',
    bug: 'says what is to be said in one conversation in another',
    caughtBy: 'p5-own-conversation',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const queue: Uint8Array[] = [];
      return over(transport, {
        send: async (request, context) => {
          const { payload } = request;
          if (payload?.kind !== 'stream') return await transport.send(request, context);
          const stream = (async function* () {
            for await (const chunk of payload.stream as AsyncIterable<Uint8Array>) {
              queue.push(chunk);
              await later(2);
              yield queue.pop() as Uint8Array;
            }
          })();
          return await transport.send({ ...request, payload: { kind: 'stream', stream } }, context);
        },
      });
    },
  },
  {
    id: 'conversation-outlives-its-payload',
    bug: 'lets a conversation go on whose payload broke off',
    caughtBy: 'p5-failing-conversation',
    make: sending(async (send, request, context) => {
      const { payload } = request;
      if (payload?.kind !== 'stream') return await send(request, context);
      const stream = (async function* () {
        try {
          yield* payload.stream as AsyncIterable<Uint8Array>;
        } catch {}
      })();
      return await send({ ...request, payload: { kind: 'stream', stream } }, context);
    }),
  },
];
