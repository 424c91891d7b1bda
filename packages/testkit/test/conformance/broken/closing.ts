import { ClosedError, ConnectionResetError, TransportError } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import { CarelessTransport } from './careless-transport.ts';
import { type BrokenTransport, END, later, over, overBody, reading } from './variation.ts';

/** The reference whose calls fail with something else when it closes. */
function failingWhenClosed(change: (error: ClosedError) => unknown): BrokenTransport['make'] {
  return (baseUrl) => {
    const transport = new ReferenceTransport(baseUrl);
    return over(transport, {
      send: async (request, context) => {
        try {
          return await transport.send(request, context);
        } catch (error) {
          throw error instanceof ClosedError ? change(error) : error;
        }
      },
    });
  };
}

/** Bugs in closing. */
export const brokenClosing: readonly BrokenTransport[] = [
  {
    id: 'closes-once',
    bug: 'rejects a second close()',
    seenIn: 'net.Server.close(): ERR_SERVER_NOT_RUNNING',
    caughtBy: 'p6-idempotent',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let isClosed = false;
      return over(transport, {
        close: async (options) => {
          if (isClosed) throw new ClosedError('Already closed');
          isClosed = true;
          await transport.close(options);
        },
      });
    },
  },
  {
    id: 'sends-after-close',
    bug: 'makes its connections anew when it is used after close()',
    seenIn: 'node:http, whose destroyed Agent goes on',
    caughtBy: 'p6-refuses-afterwards',
    make: (baseUrl) => {
      let transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: (request, context) => transport.send(request, context),
        close: async (options) => {
          const closed = transport;
          transport = new ReferenceTransport(baseUrl);
          await closed.close(options);
        },
      });
    },
  },
  {
    id: 'throws-instead-of-rejecting',
    bug: 'throws when it is closed, where it should reject',
    caughtBy: 'p6-refuses-afterwards',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let isClosed = false;
      return over(transport, {
        send: (request, context) => {
          if (isClosed) throw new ClosedError('Closed');
          return transport.send(request, context);
        },
        close: (options) => {
          isClosed = true;
          return transport.close(options);
        },
      });
    },
  },
  {
    id: 'connects-after-close',
    bug: 'connects after close() as if nothing were',
    caughtBy: 'p6-never-used',
    make: (baseUrl) => over(new ReferenceTransport(baseUrl), { connect: async () => {} }),
  },
  {
    id: 'disposal-does-not-close',
    bug: 'has a disposal that closes nothing',
    caughtBy: 'p6-dispose',
    make: (baseUrl) =>
      over(new ReferenceTransport(baseUrl), { [Symbol.asyncDispose]: async () => {} }),
  },
  {
    id: 'forgets-waiting-calls',
    bug: 'lets calls that wait for their head wait for ever',
    caughtBy: 'p6-fails-waiting-calls',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: (request, context) =>
          new Promise((resolve, reject) => {
            transport.send(request, context).then(resolve, (error: unknown) => {
              if (!(error instanceof ClosedError) || error.sent === 'no') reject(error);
            });
          }),
      });
    },
  },
  {
    id: 'reset-when-closed',
    bug: 'fails calls in flight with what the destroyed socket says',
    caughtBy: 'p6-fails-waiting-calls',
    make: failingWhenClosed((cause) => new ConnectionResetError('Connection lost', { cause })),
  },
  {
    id: 'abort-error-when-closed',
    bug: 'fails calls in flight with an AbortError when it closes',
    caughtBy: 'p6-does-not-wait-without-drain',
    make: failingWhenClosed(() => new DOMException('Aborted', 'AbortError')),
  },
  {
    id: 'plain-error-when-just-begun',
    bug: 'fails a call that had just begun with a TransportError when it closes',
    caughtBy: 'p6-close-at-once',
    make: failingWhenClosed((error) =>
      error.sent === 'no' && error.message.startsWith('Cannot finish')
        ? new TransportError('Cannot connect')
        : error,
    ),
  },
  {
    id: 'closed-body-ends',
    bug: 'ends bodies when it closes, as if all had come',
    caughtBy: 'p6-fails-bodies',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          const iterate = reading(async (source) => {
            try {
              return await source.next();
            } catch (error) {
              if (error instanceof ClosedError) return END;
              throw error;
            }
          });
          return { ...response, body: overBody(response.body, { iterate }) };
        },
      });
    },
  },
  {
    id: 'forgets-bodies',
    bug: 'lets bodies go on when it has closed',
    caughtBy: 'p6-fails-bodies',
    make: (baseUrl) => new CarelessTransport(baseUrl, 'bodies'),
  },
  {
    id: 'unread-body-ends-when-closed',
    bug: 'cancels the bodies that nobody reads when it closes, so that they just end',
    caughtBy: 'p6-fails-unread-bodies',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const unread = new Set<() => void>();
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          let isCut = false;
          const cut = (): void => void (isCut = true);
          unread.add(cut);
          const body = overBody(response.body, {
            collect: async (options) => {
              unread.delete(cut);
              return isCut ? [] : await response.body.collect(options);
            },
          });
          return { ...response, body };
        },
        close: async (options) => {
          for (const cut of unread) cut();
          await transport.close(options);
        },
      });
    },
  },
  {
    id: 'connect-hangs-when-closed',
    bug: 'never settles a connect() during which it was closed',
    caughtBy: 'p6-close-while-connecting',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let isClosed = false;
      return over(transport, {
        connect: async () => {
          await transport.connect();
          await later(1);
          if (isClosed) await new Promise<never>(() => {});
        },
        close: async (options) => {
          isClosed = true;
          await transport.close(options);
        },
      });
    },
  },
  {
    id: 'closing-beats-abort',
    bug: 'tells a call that was aborted that the transport is closed',
    caughtBy: 'p6-abort-and-close',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let isClosed = false;
      return over(transport, {
        send: async (request, context) => {
          try {
            return await transport.send(request, context);
          } catch (error) {
            await later(0);
            throw isClosed ? new ClosedError('Closed') : error;
          }
        },
        close: async (options) => {
          isClosed = true;
          await transport.close(options);
        },
      });
    },
  },
];
