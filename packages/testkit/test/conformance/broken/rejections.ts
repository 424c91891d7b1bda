import type { IncomingMessage } from 'node:http';
import { LinkspanError } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import {
  answering,
  type BrokenTransport,
  failing,
  failingBody,
  reading,
  sending,
} from './variation.ts';

class ForgetfulTransport extends ReferenceTransport {
  protected override read(answer: IncomingMessage): AsyncGenerator<Uint8Array, undefined> {
    let hasBroken = false;
    answer.once('close', () => (hasBroken = !answer.complete));
    const chunks = super.read(answer);
    return (async function* (): AsyncGenerator<Uint8Array, undefined> {
      if (!hasBroken) yield* chunks;
    })();
  }
}

const causeOf = (error: unknown): unknown =>
  error instanceof LinkspanError && error.cause !== undefined ? error.cause : error;

const isOwn = (error: unknown): boolean => !(error instanceof LinkspanError);

/** Bugs in what a call rejects with. */
export const brokenRejections: readonly BrokenTransport[] = [
  {
    id: 'raw-connect-error',
    bug: 'rejects with the error of node:net when nobody is there',
    seenIn: 'U3; Pynector, whose two TransportErrors never match',
    caughtBy: 'p1-own-error-when-absent',
    make: failing(causeOf),
  },
  {
    id: 'raw-reset-error',
    bug: 'rejects with the error of node:http when the wire breaks',
    seenIn: 'U3',
    caughtBy: 'p1-own-error-when-dropped',
    make: failing(causeOf),
  },
  {
    id: 'text-for-garbage',
    bug: 'rejects with a text when the answer cannot be parsed',
    caughtBy: 'p1-own-error-for-garbage',
    make: failing((error) => (isOwn(error) ? error : String(error))),
  },
  {
    id: 'raw-body-error',
    bug: 'fails bodies with "terminated", an error of nobody',
    seenIn: 'undici fetch',
    caughtBy: 'p1-own-error-in-body',
    make: failingBody((error) => (isOwn(error) ? error : new TypeError('terminated'))),
  },
  {
    id: 'unread-failure-is-lost',
    bug: 'tells the failure of a body only to a reader who waits at that moment',
    caughtBy: 'p1-own-error-of-unread-body',
    make: (baseUrl) => new ForgetfulTransport(baseUrl),
  },
  {
    id: 'hangs-after-failure',
    bug: 'never answers a read after the one that failed',
    caughtBy: 'p1-failure-is-told-once',
    make: answering(() => {
      let hasFailed = false;
      return {
        iterate: reading(async (source) => {
          if (hasFailed) return await new Promise<never>(() => {});
          try {
            return await source.next();
          } catch (error) {
            hasFailed = true;
            throw error;
          }
        }),
      };
    }),
  },
  {
    id: 'rejects-twice',
    bug: 'leaves a second promise rejected that nobody has',
    caughtBy: 'p1-own-error-when-dropped',
    isAlone: true,
    make: sending((send, request, context) => {
      const answer = send(request, context);
      void answer.then(() => {});
      return answer;
    }),
  },
  {
    id: 'body-rejects-twice',
    bug: 'rejects a promise about the end of the body that nobody asked for',
    seenIn: 'libraries with a `done` promise beside the stream',
    caughtBy: 'p1-own-error-in-body',
    isAlone: true,
    make: failingBody((error) => {
      void Promise.reject(error);
      return error;
    }),
  },
  {
    id: 'raw-factory-error',
    bug: 'rejects with the error of the factory',
    caughtBy: 'p1-failing-factory',
    make: failing(causeOf),
  },
  {
    id: 'raw-payload-error',
    bug: "rejects with the payload's own error",
    caughtBy: 'p1-failing-payload',
    make: failing(causeOf),
  },
  {
    id: 'raw-json-error',
    bug: 'rejects with the TypeError of JSON.stringify()',
    caughtBy: 'p1-unwritable-value',
    make: sending(async (send, request, context) => {
      if (request.payload?.kind === 'value') JSON.stringify(request.payload.value);
      return await send(request, context);
    }),
  },
  {
    id: 'error-without-facts',
    bug: 'tells nothing but a message',
    caughtBy: 'p1-failures-look-alike',
    make: failing((error) => {
      if (error instanceof LinkspanError) Object.assign(error, { code: '' });
      return error;
    }),
  },
];
