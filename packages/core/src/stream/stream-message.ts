import { LinkspanError } from '../errors/linkspan-error.ts';
import type { Outcome } from '../outcome.ts';

/** One message of a stream, tagged. */
export type StreamMessage<Event> =
  | { readonly type: 'chunk'; readonly chunk: Event }
  | { readonly type: 'end'; readonly outcome: Outcome }
  | { readonly type: 'error'; readonly error: LinkspanError };

/** The events of a stream as `chunk`, then one `end` or `error`, which tells how it ended. */
export function tagMessages<Event>(
  stream: AsyncIterable<Event, undefined> & { outcome(): Promise<Outcome> },
): AsyncIterable<StreamMessage<Event>, undefined> {
  return {
    [Symbol.asyncIterator]() {
      const events = stream[Symbol.asyncIterator]();
      let isOver = false;

      async function last(thrown: readonly [unknown] | undefined): Promise<Message<Event>> {
        isOver = true;
        // A stream that could not be opened has no outcome, and throws why.
        const outcome = await stream.outcome().catch(() => undefined);
        if (outcome?.status === 'complete') return message({ type: 'end', outcome });
        const error = outcome === undefined ? thrown?.[0] : outcome.error;
        if (error instanceof LinkspanError) return message({ type: 'error', error });
        if (thrown !== undefined) throw thrown[0];
        return { done: true, value: undefined };
      }

      return {
        async next() {
          if (isOver) return { done: true, value: undefined };
          return await events.next().then(
            (result) =>
              result.done === true
                ? last(undefined)
                : message({ type: 'chunk', chunk: result.value }),
            (error: unknown) => last([error]),
          );
        },
        async return() {
          isOver = true;
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

type Message<Event> = IteratorResult<StreamMessage<Event>, undefined>;

function message<Event>(value: StreamMessage<Event>): Message<Event> {
  return { done: false, value };
}
