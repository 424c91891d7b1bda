import { Deadline } from '@linkspan/concurrency';
import { TimeoutError, TransportError } from '@linkspan/core';
import { type BrokenTransport, failing, overBody, reading, sending } from './variation.ts';

/** Bugs in clocks. */
export const brokenClocks: readonly BrokenTransport[] = [
  {
    id: 'no-attempt-clock',
    bug: 'knows no attemptMs',
    seenIn: 'U18',
    caughtBy: 'p1-attempt-clock',
    make: sending((send, request, context) => send(request, { ...context, attemptMs: Infinity })),
  },
  {
    id: 'wrong-clock-name',
    bug: 'names the wrong clock',
    seenIn: 'nodejs/undici#1865',
    caughtBy: 'p1-attempt-clock',
    make: failing((error) =>
      error instanceof TimeoutError
        ? new TimeoutError('Too slow', { ...error, clock: 'totalMs' })
        : error,
    ),
  },
  {
    id: 'timeout-is-no-timeout-error',
    bug: 'rejects with a TransportError when a clock runs out',
    caughtBy: 'p1-deadline-before-head',
    make: failing((error) =>
      error instanceof TimeoutError ? new TransportError('Too slow') : error,
    ),
  },
  {
    id: 'attempt-clock-in-body',
    bug: 'lets attemptMs run on in the body',
    seenIn: 'openai/openai-node#419',
    caughtBy: 'p1-attempt-clock-ends-at-head',
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      if (context.attemptMs === Infinity) return response;
      const timer = setTimeout(() => void response.body.cancel(), context.attemptMs);
      response.body.onClose(() => clearTimeout(timer));
      return response;
    }),
  },
  {
    id: 'no-deadline',
    bug: 'knows no deadline while it waits for the head',
    caughtBy: 'p1-deadline-before-head',
    make: sending((send, request, context) =>
      send(request, { ...context, deadline: Deadline.never(context.deadline.clock) }),
    ),
  },
  {
    id: 'attempt-clock-for-deadline',
    bug: 'takes the deadline for one more attemptMs',
    caughtBy: 'p1-deadline-before-attempt-clock',
    make: sending((send, request, context) =>
      send(request, {
        ...context,
        deadline: Deadline.never(context.deadline.clock),
        attemptMs: Math.min(context.attemptMs, context.deadline.remainingMs),
      }),
    ),
  },
  {
    id: 'no-deadline-in-body',
    bug: 'clears the timer of the deadline when the head has come',
    seenIn: 'MoonshotAI/kimi-code#1798',
    caughtBy: 'p1-deadline-in-body',
    make: sending(async (send, request, context) => {
      const { clock, remainingMs } = context.deadline;
      const deadline = Deadline.never(clock);
      return await send(request, { ...context, deadline, attemptMs: remainingMs });
    }),
  },
  {
    id: 'deadline-starts-anew',
    bug: 'starts the clock of the deadline anew with every chunk',
    seenIn: 'obra/lace#370',
    caughtBy: 'p1-deadline-while-bytes-trickle',
    make: sending((send, request, context) =>
      send(request, {
        ...context,
        deadline: Deadline.never(context.deadline.clock),
        attemptMs: context.deadline.remainingMs,
        idleMs: context.deadline.remainingMs,
      }),
    ),
  },
  {
    id: 'deadline-needs-reader',
    bug: 'looks at the deadline only when somebody reads',
    caughtBy: 'p1-deadline-of-unread-body',
    make: sending((send, request, context) =>
      send(request, {
        ...context,
        deadline: Deadline.never(context.deadline.clock),
        attemptMs: context.deadline.remainingMs,
      }),
    ),
  },
  {
    id: 'no-idle-clock',
    bug: 'knows no idleMs',
    seenIn: 'anthropics/anthropic-sdk-typescript#867',
    caughtBy: 'p1-idle-clock',
    make: sending((send, request, context) => send(request, { ...context, idleMs: Infinity })),
  },
  {
    id: 'idle-clock-runs-on',
    bug: 'starts idleMs once for the whole body',
    caughtBy: 'p1-idle-clock-starts-anew',
    make: sending(async (send, request, context) => {
      const { clock } = context.deadline;
      const deadline = Deadline.after(context.idleMs, clock).min(context.deadline);
      return await send(request, { ...context, deadline });
    }),
  },
  {
    id: 'idle-clock-hits-slow-readers',
    bug: 'lets idleMs run while nobody waits for bytes',
    caughtBy: 'p1-idle-clock-spares-slow-readers',
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      if (context.idleMs === Infinity) return response;
      let timer = setTimeout(() => {}, 0);
      const restart = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => void response.body.cancel(), context.idleMs);
      };
      response.body.onClose(() => clearTimeout(timer));
      const iterate = reading(async (source) => {
        const read = await source.next();
        if (read.done !== true) restart();
        return read;
      });
      return { ...response, body: overBody(response.body, { iterate }) };
    }),
  },
  {
    id: 'timer-for-each-call',
    bug: 'leaves a timer behind for each call',
    caughtBy: 'p1-no-timers-left',
    make: sending(async (send, request, context) => {
      if (!context.deadline.isUnlimited) {
        context.deadline.clock.setTimeout(() => {}, Math.min(20_000, context.deadline.remainingMs));
      }
      return await send(request, context);
    }),
  },
  {
    id: 'wire-stays-after-timeout',
    bug: 'rejects when attemptMs has passed and leaves the wire as it is',
    seenIn: 'Promise.race() with a timer',
    caughtBy: 'p1-attempt-clock',
    make: sending((send, request, context) => {
      const { attemptMs } = context;
      const answer = send(request, { ...context, attemptMs: Infinity });
      if (attemptMs === Infinity) return answer;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const facts = { clock: 'attemptMs', limitMs: attemptMs, elapsedMs: attemptMs } as const;
          reject(new TimeoutError('Too slow', { ...facts, sent: 'maybe' }));
        }, attemptMs);
        void answer.then(resolve, reject).finally(() => clearTimeout(timer));
      });
    }),
  },
];
