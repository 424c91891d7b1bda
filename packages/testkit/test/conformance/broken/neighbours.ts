import { LinkspanError } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import { type BrokenTransport, later, over, overBody, reading } from './variation.ts';

/** Bugs that let the end of one call end others. */
export const brokenNeighbours: readonly BrokenTransport[] = [
  {
    id: 'one-failure-fails-all',
    bug: 'fails all calls when the wire of one breaks',
    seenIn: 'clients that put all calls on one connection',
    caughtBy: 'p2-one-dropped',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const others = new Set<(error: unknown) => void>();
      return over(transport, {
        send: (request, context) =>
          new Promise((resolve, reject) => {
            others.add(reject);
            transport.send(request, context).then(
              (response) => {
                others.delete(reject);
                resolve(response);
              },
              (error: unknown) => {
                for (const other of others) other(error);
                others.clear();
              },
            );
          }),
      });
    },
  },
  {
    id: 'shared-wire-breaks-untold',
    bug: 'says that calls share a wire, and fails them with the error of the lower library',
    caughtBy: 'p2-one-dropped',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const others = new Set<(error: unknown) => void>();
      return over(transport, {
        capabilities: { ...transport.capabilities, sharedWire: true },
        send: (request, context) =>
          new Promise((resolve, reject) => {
            others.add(reject);
            transport.send(request, context).then(
              (response) => {
                others.delete(reject);
                resolve(response);
              },
              () => {
                for (const other of others) other(new Error('socket hang up'));
                others.clear();
              },
            );
          }),
      });
    },
  },
  {
    id: 'one-cut-fails-all',
    bug: 'fails the bodies of all calls when one breaks off',
    caughtBy: 'p2-one-cut',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let failure: unknown;
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          const iterate = reading(async (source) => {
            try {
              if (failure !== undefined) throw failure;
              return await source.next();
            } catch (error) {
              failure = error;
              throw error;
            }
          });
          return { ...response, body: overBody(response.body, { iterate }) };
        },
      });
    },
  },
  {
    id: 'one-timeout-closes-all',
    bug: 'takes a call whose clock ran out for a sign that the peer is gone, and fails the others',
    caughtBy: 'p2-one-timed-out',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const gone = new AbortController();
      return over(transport, {
        send: async (request, context) => {
          try {
            const { attemptMs } = context;
            if (attemptMs === Infinity) await later(1);
            const signal = attemptMs === Infinity ? gone.signal : context.signal;
            return await transport.send(request, { ...context, signal });
          } catch (error) {
            gone.abort(error);
            throw error;
          }
        },
      });
    },
  },
  {
    id: 'one-abort-aborts-all',
    bug: 'takes the connection down, with all calls on it, when one is aborted',
    caughtBy: 'p2-one-aborted',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const own = new AbortController();
      return over(transport, {
        send: (request, context) => {
          context.signal?.addEventListener('abort', () => own.abort(context.signal?.reason));
          return transport.send(request, { ...context, signal: own.signal });
        },
      });
    },
  },
  {
    id: 'dead-after-failure',
    bug: 'keeps a connection that broke for all calls to come',
    seenIn: 'nodejs/undici#583',
    caughtBy: 'p2-after-a-broken-wire',
    make: (baseUrl) => {
      let failure: unknown;
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: async (request, context) => {
          if (failure !== undefined) throw failure;
          try {
            return await transport.send(request, context);
          } catch (error) {
            if (error instanceof LinkspanError) failure = error;
            throw error;
          }
        },
      });
    },
  },
];
