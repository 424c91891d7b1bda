import type { IncomingMessage } from 'node:http';
import { Deadline } from '@linkspan/concurrency';
import {
  type Capabilities,
  LinkspanError,
  type ResponseHeaders,
  type Sent,
  statusError,
  TimeoutError,
} from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import { type BrokenTransport, failing, failingBody, over, sending } from './variation.ts';

/** The same failure, which says something else about whether it was sent. */
function saying(sent: Sent): (error: unknown) => unknown {
  return (error) => {
    if (error instanceof LinkspanError) Object.assign(error, { sent });
    return error;
  };
}

function claiming(claims: Partial<Capabilities>): BrokenTransport['make'] {
  return (baseUrl) => {
    const transport = new ReferenceTransport(baseUrl);
    return over(transport, { capabilities: { ...transport.capabilities, ...claims } });
  };
}

class LoudTransport extends ReferenceTransport {
  protected override headersOf(answer: IncomingMessage): ResponseHeaders {
    const headers: Record<string, string> = {};
    for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
      headers[answer.rawHeaders[index] as string] = answer.rawHeaders[index + 1] as string;
    }
    return headers;
  }
}

/** Bugs in what is said. */
export const brokenTruth: readonly BrokenTransport[] = [
  {
    id: 'maybe-when-absent',
    bug: "says 'maybe' when nobody was there, so that nothing is tried again",
    caughtBy: 'p8-absent-is-not-sent',
    make: failing(saying('maybe')),
  },
  {
    id: 'sends-late',
    bug: 'sends a call whose deadline has passed',
    seenIn: 'auth0/go-auth0#258',
    caughtBy: 'p8-late-is-not-sent',
    make: sending(async (send, request, context) => {
      if (!context.deadline.expired) return await send(request, context);
      const facts = { clock: 'totalMs', limitMs: 0, elapsedMs: 0, sent: 'no' } as const;
      const deadline = Deadline.never(context.deadline.clock);
      const { body } = await send(request, { ...context, deadline });
      await body.cancel();
      throw new TimeoutError('Too late', facts);
    }),
  },
  {
    id: 'maybe-when-closed',
    bug: "says 'maybe' for a call that it refused because it is closed",
    caughtBy: 'p8-closed-is-not-sent',
    make: failing(saying('maybe')),
  },
  {
    id: 'no-when-dropped',
    bug: "says 'no' when the wire broke before the head",
    seenIn: 'U14; clients that retry a POST on a reset',
    caughtBy: 'p8-dropped-may-be-sent',
    make: failing(saying('no')),
  },
  {
    id: 'no-when-timed-out',
    bug: "says 'no' when a clock ran out",
    seenIn: 'U14',
    caughtBy: 'p8-timed-out-may-be-sent',
    make: failing((error) => (error instanceof TimeoutError ? saying('no')(error) : error)),
  },
  {
    id: 'no-when-closing',
    bug: "says 'no' for calls that were in flight when it closed",
    seenIn: 'the memory transport of this repository, before the kit',
    caughtBy: 'p8-closed-may-be-sent',
    make: failing(saying('no')),
  },
  {
    id: 'no-for-garbage',
    bug: "says 'no' when the answer could not be parsed",
    caughtBy: 'p8-garbage-was-sent',
    make: failing((error) =>
      error instanceof LinkspanError && error.kind === 'protocol' ? saying('no')(error) : error,
    ),
  },
  {
    id: 'no-for-body',
    bug: "says 'no' when a body failed",
    caughtBy: 'p8-body-was-sent',
    make: failingBody(saying('no')),
  },
  {
    id: 'no-for-broken-payload',
    bug: "says 'no' when the payload broke off half-way",
    caughtBy: 'p8-payload-failure-is-told-truly',
    make: failing((error) =>
      error instanceof LinkspanError && error.kind === 'message' ? saying('no')(error) : error,
    ),
  },
  {
    id: 'sends-unsafe-requests-again',
    bug: 'sends a request again whose wire broke, whether or not that is safe',
    seenIn: 'U14; Pynector, which retries POST',
    caughtBy: 'p8-unsafe-request-goes-once',
    make: sending(async (send, request, context) => {
      try {
        return await send(request, context);
      } catch (error) {
        if (!(error instanceof LinkspanError) || error.kind !== 'network') throw error;
        return await send(request, context);
      }
    }),
  },
  {
    id: 'throws-statuses',
    bug: 'throws a status that it takes for an error',
    seenIn: 'axios',
    caughtBy: 'p8-status-is-an-answer',
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      const { status = 0, headers } = response;
      if (status < 400) return response;
      await response.body.cancel();
      throw statusError({ status, headers });
    }),
  },
  {
    id: 'drops-status',
    bug: 'gives an answer without its status',
    seenIn: 'U10, R60: receive() gives the JSON of the last answer, and no status',
    caughtBy: 'p8-status-is-an-answer',
    make: sending(async (send, request, context) => {
      const { headers, body } = await send(request, context);
      return { headers, body };
    }),
  },
  {
    id: 'headers-as-written',
    bug: 'gives the names of headers in the case in which they came',
    caughtBy: 'p8-status-is-an-answer',
    make: (baseUrl) => new LoudTransport(baseUrl),
  },
  {
    id: 'uploads-in-secret',
    bug: 'says that it takes no streams, and sends them',
    caughtBy: 'p8-upload-as-declared',
    make: claiming({ upload: false, duplex: false }),
  },
  {
    id: 'upload-is-a-text',
    bug: 'says that it takes streams, and sends "[object Object]"',
    caughtBy: 'p8-upload-as-declared',
    make: sending((send, request, context) =>
      send(
        request.payload?.kind === 'stream'
          ? { ...request, payload: { kind: 'bytes', bytes: Buffer.from(String({})) } }
          : request,
        context,
      ),
    ),
  },
  {
    id: 'half-a-duplex',
    bug: 'says duplex without upload',
    caughtBy: 'p8-capabilities-are-plain',
    make: claiming({ upload: false }),
  },
  {
    id: 'says-nothing',
    bug: 'leaves a capability out',
    caughtBy: 'p8-capabilities-are-plain',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      const { streaming, upload, duplex } = transport.capabilities;
      return over(transport, { capabilities: { streaming, upload, duplex } as Capabilities });
    },
  },
  {
    id: 'probe-leaks',
    bug: 'leaves the answer to a probe on its wire',
    seenIn: 'U20',
    caughtBy: 'p8-probe-alive',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      return over(transport, {
        probe: async (context) => {
          await transport.probe(context);
          context.deadline.clock.setTimeout(() => {}, 8_000);
        },
      });
    },
  },
  {
    id: 'probe-always-well',
    bug: 'finds everybody well, also nobody',
    seenIn: 'U20: a health check that is hard-coded',
    caughtBy: 'p8-probe-dead',
    make: (baseUrl) => over(new ReferenceTransport(baseUrl), { probe: async () => {} }),
  },
  {
    id: 'raw-error-of-connect',
    bug: 'rejects connect() with the error of node:net when nobody is there',
    caughtBy: 'p8-connect-to-nobody',
    make: (baseUrl) =>
      over(new ReferenceTransport(baseUrl), {
        connect: async () => {
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        },
      }),
  },
];
