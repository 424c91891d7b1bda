import { ReferenceTransport } from '../reference-transport.ts';
import { type BrokenTransport, later, over, sending } from './variation.ts';

class SocketKeeper extends ReferenceTransport {
  protected override async finish(drainMs: number): Promise<void> {
    const destroy = this.agent.destroy.bind(this.agent);
    Object.assign(this.agent, { destroy: () => {} });
    await super.finish(drainMs);
    // So that the test can end: long after the kit has looked.
    setTimeout(destroy, 5_000).unref();
  }
}

/** Bugs that leave something behind. */
export const brokenRemains: readonly BrokenTransport[] = [
  {
    id: 'keeps-sockets',
    bug: 'leaves the connections that are kept alive open when it closes',
    seenIn: 'Node before 19, whose agents outlived their users',
    caughtBy: 'p7-after-answers',
    make: (baseUrl) => new SocketKeeper(baseUrl),
  },
  {
    id: 'keeps-timer',
    bug: 'leaves the timer of its health check running',
    caughtBy: 'p7-after-connect',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        connect: async () => {
          await transport.connect();
          // Ten seconds, so that the test can end.
          setTimeout(() => {}, 10_000);
        },
      });
    },
  },
  {
    id: 'keeps-process-listener',
    bug: 'adds a listener for the end of the process, and takes it away never',
    seenIn: 'MaxListenersExceededWarning: exit listeners added to process',
    caughtBy: 'p7-after-answers',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let isListening = false;
      return over(transport, {
        send: async (request, context) => {
          if (!isListening) process.once('beforeExit', () => {});
          isListening = true;
          return await transport.send(request, context);
        },
      });
    },
  },
  {
    id: 'keeps-timers-of-failed-calls',
    bug: 'clears the timer of a call when it succeeds',
    caughtBy: 'p7-after-failures',
    make: sending(async (send, request, context) => {
      const { clock } = context.deadline;
      const timer = clock.setTimeout(() => {}, 8_000);
      const response = await send(request, context);
      clock.clearTimeout(timer);
      return response;
    }),
  },
  {
    id: 'keeps-listeners-of-aborted-calls',
    bug: 'leaves its listener on a signal that has aborted',
    caughtBy: 'p7-after-aborts',
    make: sending(async (send, request, context) => {
      try {
        return await send(request, context);
      } catch (error) {
        context.signal?.addEventListener('abort', () => {});
        throw error;
      }
    }),
  },
  {
    id: 'keeps-timer-of-left-body',
    bug: 'clears the timer of a body at its end, and not when it is left',
    caughtBy: 'p7-after-left-bodies',
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      const { clock } = context.deadline;
      const timer = clock.setTimeout(() => {}, 8_000);
      const { collect } = response.body;
      Object.assign(response.body, {
        collect: async (options: object) => {
          clock.clearTimeout(timer);
          return await collect.call(response.body, options);
        },
      });
      return response;
    }),
  },
  {
    id: 'unhandled-when-closed',
    bug: 'rejects a promise that nobody has for every call in flight when it closes',
    seenIn: 'row 76',
    caughtBy: 'p7-after-closing-under-calls',
    isAlone: true,
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: (request, context) => {
          const answer = transport.send(request, context);
          void answer.finally(() => {});
          return answer;
        },
      });
    },
  },
  {
    id: 'connects-though-closed',
    bug: 'makes the connection of a call that had just begun when it closed, and keeps it',
    caughtBy: 'p7-after-closing-at-once',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const late = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: async (request, context) => {
          try {
            return await transport.send(request, context);
          } catch (error) {
            late.send(request, context).catch(() => {});
            setTimeout(() => void late.close(), 8_000).unref();
            throw error;
          }
        },
      });
    },
  },
  {
    id: 'reads-on-when-closed',
    bug: 'goes on to read a payload when it has closed',
    caughtBy: 'p7-after-uploads',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        send: async (request, context) => {
          const { payload } = request;
          if (payload?.kind !== 'factory') return await transport.send(request, context);
          const source = (await payload.open())[Symbol.asyncIterator]();
          const held = { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
          return await transport.send(
            { ...request, payload: { kind: 'factory', open: () => held } },
            context,
          );
        },
      });
    },
  },
  {
    id: 'cannot-be-left-when-closed',
    bug: 'rejects the cancel() of a body that was failed by close()',
    caughtBy: 'p7-body-after-close',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let isClosed = false;
      return over(transport, {
        send: async (request, context) => {
          const response = await transport.send(request, context);
          const { cancel } = response.body;
          Object.assign(response.body, {
            cancel: async () => {
              await later(0);
              if (isClosed) throw new Error('Closed');
              await cancel.call(response.body);
            },
          });
          return response;
        },
        close: async (options) => {
          isClosed = true;
          await transport.close(options);
        },
      });
    },
  },
];
