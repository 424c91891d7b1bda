import type { IncomingMessage } from 'node:http';
import type { Body, CallContext, Transport } from '@linkspan/core';
import { type Attempt, ReferenceTransport } from '../reference-transport.ts';
import { CarelessTransport } from './careless-transport.ts';
import { type BrokenTransport, later, over } from './variation.ts';

/** The reference that closes differently. */
function closing(
  close: (transport: Transport, options?: { readonly drainMs?: number }) => Promise<void>,
): BrokenTransport['make'] {
  return (baseUrl) => {
    const transport = new ReferenceTransport(baseUrl);
    return over(transport, {
      close: (options) => close(transport, options),
      [Symbol.asyncDispose]: () => close(transport),
    });
  };
}

class UnboundedTransport extends ReferenceTransport {
  protected override async finish(): Promise<void> {
    await super.finish(Infinity);
  }
}

class HeadDrainingTransport extends ReferenceTransport {
  protected override bodyOf(answer: IncomingMessage, attempt: Attempt, context: CallContext): Body {
    const body = super.bodyOf(answer, attempt, context);
    // Only heads are waited for.
    for (const call of this.open) {
      if (call.isBody) this.open.delete(call);
    }
    return body;
  }
}

class StubbornTransport extends ReferenceTransport {
  protected override async finish(drainMs: number): Promise<void> {
    await later(drainMs);
    await super.finish(0);
  }
}

/** Bugs in letting calls finish. */
export const brokenDraining: readonly BrokenTransport[] = [
  {
    id: 'waits-for-ever',
    bug: 'waits for calls in flight, however long they take',
    seenIn: 'http.Server.close()',
    caughtBy: 'p6-does-not-wait-without-drain',
    make: (baseUrl) => new UnboundedTransport(baseUrl),
  },
  {
    id: 'does-not-drain',
    bug: 'knows no drainMs',
    caughtBy: 'p6-drains',
    make: closing(async (transport) => await transport.close()),
  },
  {
    id: 'drains-heads',
    bug: 'waits for heads, and not for bodies',
    caughtBy: 'p6-drains',
    make: (baseUrl) => new HeadDrainingTransport(baseUrl),
  },
  {
    id: 'drains-by-the-clock',
    bug: 'waits for drainMs, also when nothing is in flight any more',
    caughtBy: 'p6-drains',
    make: (baseUrl) => new StubbornTransport(baseUrl),
  },
  {
    id: 'sends-while-draining',
    bug: 'takes new calls while it drains',
    caughtBy: 'p6-refuses-while-draining',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const fresh = new ReferenceTransport(baseUrl);
      let isDraining = false;
      return over(transport, {
        send: (request, context) => (isDraining ? fresh : transport).send(request, context),
        close: async (options) => {
          isDraining = (options?.drainMs ?? 0) > 0;
          await transport.close(options);
          isDraining = false;
          await fresh.close();
        },
      });
    },
  },
  {
    id: 'drain-without-end',
    bug: 'waits for calls in flight longer than drainMs',
    caughtBy: 'p6-drain-has-an-end',
    make: closing(async (transport, options) => {
      await transport.close(options?.drainMs === undefined ? {} : { drainMs: Infinity });
    }),
  },
  {
    id: 'drained-bodies-go-on',
    bug: 'lets the bodies go on that are being read after drainMs',
    caughtBy: 'p6-drain-waits-for-bodies',
    make: (baseUrl) => new CarelessTransport(baseUrl, 'bodies'),
  },
  {
    id: 'drain-misses-aborts',
    bug: 'counts calls that were aborted among those in flight',
    caughtBy: 'p6-drain-ends-with-the-last-call',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let aborted = 0;
      return over(transport, {
        send: async (request, context) => {
          try {
            return await transport.send(request, context);
          } catch (error) {
            if (context.signal?.aborted === true) aborted += 1;
            throw error;
          }
        },
        close: async (options) => {
          await transport.close(options);
          if (aborted > 0) await later(options?.drainMs ?? 0);
        },
      });
    },
  },
];
