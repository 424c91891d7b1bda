import { getEventListeners } from 'node:events';
import { LinkspanError, TimeoutError, TransportError } from '@linkspan/core';
import {
  answering,
  type BrokenTransport,
  failing,
  later,
  overBody,
  reading,
  sending,
  withoutReturn,
} from './variation.ts';

const isOwn = (error: unknown): boolean => !(error instanceof LinkspanError);

/** Bugs in what an abort does. */
export const brokenAborts: readonly BrokenTransport[] = [
  {
    id: 'sends-when-aborted',
    bug: 'looks at the signal only when the answer has come',
    caughtBy: 'p1-abort-before-send',
    make: sending(async (send, request, context) => {
      const { body, ...head } = await send(request, { ...context, signal: undefined });
      if (context.signal?.aborted !== true) return { ...head, body };
      await body.cancel();
      throw context.signal.reason;
    }),
  },
  {
    id: 'wraps-reason',
    bug: 'wraps the reason of the caller in an error of its own',
    caughtBy: 'p1-abort-at-once',
    make: failing((cause) => (isOwn(cause) ? new TransportError('Aborted', { cause }) : cause)),
  },
  {
    id: 'own-abort-error',
    bug: 'rejects with an AbortError of its own',
    seenIn: 'node:http, whose AbortError has the reason as its cause',
    caughtBy: 'p1-abort-while-waiting',
    make: failing((error) =>
      isOwn(error) ? new DOMException('This operation was aborted', 'AbortError') : error,
    ),
  },
  {
    id: 'falsy-reason',
    bug: 'takes a falsy reason for none',
    caughtBy: 'p1-abort-with-any-reason',
    make: failing((error, { signal }) =>
      signal?.aborted === true ? signal.reason || new DOMException('Aborted', 'AbortError') : error,
    ),
  },
  {
    id: 'wraps-primitive-reason',
    bug: 'makes an Error of a reason that is none',
    caughtBy: 'p1-abort-with-any-reason',
    make: failing((error) => (error instanceof Error ? error : new Error(String(error)))),
  },
  {
    id: 'timeout-signal-is-own-clock',
    bug: "takes the caller's timeout signal for a clock of its own",
    seenIn: 'turbopuffer/turbopuffer-go#138, the other way round',
    caughtBy: 'p1-abort-by-platform',
    make: failing((error) =>
      error instanceof DOMException && error.name === 'TimeoutError'
        ? new TimeoutError('Too slow', { clock: 'attemptMs', limitMs: 0, elapsedMs: 0 })
        : error,
    ),
  },
  {
    id: 'abort-ends-with-head',
    bug: 'forgets the signal when the head has come',
    seenIn: 'MoonshotAI/kimi-code#1798',
    caughtBy: 'p1-abort-after-head',
    make: sending(async (send, request, context) => {
      const { signal } = context;
      const untilHead = new AbortController();
      const abort = (): void => untilHead.abort(signal?.reason);
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort);
      try {
        return await send(request, { ...context, signal: untilHead.signal });
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    }),
  },
  {
    id: 'unread-body-is-not-aborted',
    bug: 'looks at the signal only while somebody reads',
    caughtBy: 'p1-abort-of-unread-body',
    make: sending(async (send, request, context) => {
      context.signal?.throwIfAborted();
      const { body, ...head } = await send(request, { ...context, signal: undefined });
      const { signal } = context;
      return {
        ...head,
        body: overBody(body, {
          iterate: reading(async (source) => {
            if (signal?.aborted === true) throw signal.reason;
            return await source.next();
          }),
        }),
      };
    }),
  },
  {
    id: 'last-abort-wins',
    bug: 'tells the reason of the last signal that aborted, of several',
    caughtBy: 'p1-abort-twice',
    make: failing((error) => (error === 'first' ? 'second' : error)),
  },
  {
    id: 'abort-is-lost-at-head',
    bug: 'listens for no abort between the head and the body',
    caughtBy: 'p1-abort-at-every-moment',
    make: sending(async (send, request, context) => {
      const { signal } = context;
      const own = new AbortController();
      const abort = (): void => own.abort(signal?.reason);
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort);
      try {
        const response = await send(request, { ...context, signal: own.signal });
        signal?.removeEventListener('abort', abort);
        await later(3);
        signal?.addEventListener('abort', abort);
        response.body.onClose(() => signal?.removeEventListener('abort', abort));
        return response;
      } catch (error) {
        signal?.removeEventListener('abort', abort);
        throw error;
      }
    }),
  },
  {
    id: 'abort-after-end',
    bug: 'fails, with nobody to tell, when it is aborted after the end',
    caughtBy: 'p1-abort-after-end',
    isAlone: true,
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      context.signal?.addEventListener('abort', () => {
        void Promise.reject(context.signal?.reason as Error);
      });
      return response;
    }),
  },
  {
    id: 'abort-keeps-payload',
    bug: 'does not leave the payload of a call that was aborted',
    caughtBy: 'p1-abort-while-uploading',
    make: sending((send, request, context) => send(withoutReturn(request), context)),
  },
  {
    id: 'aborted-wire-stays',
    bug: 'rejects an aborted call and leaves its wire as it is',
    seenIn: 'a fetch raced against a signal',
    caughtBy: 'p1-abort-while-waiting',
    make: sending((send, request, context) => {
      const { signal } = context;
      if (signal === undefined) return send(request, context);
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      const answer = send(request, { ...context, signal: undefined });
      return new Promise((resolve, reject) => {
        const abort = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', abort);
        const settled = (): void => signal.removeEventListener('abort', abort);
        answer.then(resolve, reject).finally(settled);
      });
    }),
  },
  {
    id: 'listener-for-each-call',
    bug: 'adds a listener to the signal of each call, and takes none away',
    seenIn: 'nodejs/undici#3157, nodejs/node#52635',
    caughtBy: 'p1-no-listeners-left',
    make: sending((send, request, context) => {
      context.signal?.addEventListener('abort', () => {});
      return send(request, context);
    }),
  },
  {
    id: 'listener-after-timeout',
    bug: 'takes its listener away when a call is answered, and not when its clock runs out',
    caughtBy: 'p1-no-listeners-after-timeout',
    make: failing((error, { signal }) => {
      if (error instanceof TimeoutError) signal?.addEventListener('abort', () => {});
      return error;
    }),
  },
  {
    id: 'listener-after-leaving',
    bug: 'takes its listener away when a body was read, and not when it was left',
    caughtBy: 'p1-no-listeners-after-leaving',
    make: answering((body, { signal }) => ({
      cancel: async () => {
        if (signal !== undefined && getEventListeners(signal, 'abort').length > 0) {
          signal.addEventListener('abort', () => {});
        }
        await body.cancel();
      },
    })),
  },
];
