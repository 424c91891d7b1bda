/** A body that gives its bytes and stays open, until it is left. */
export function openSocket(bytes: Uint8Array): {
  readonly body: AsyncIterable<Uint8Array>;
  /** Resolves when the body is left. */
  readonly left: Promise<void>;
} {
  const left = Promise.withResolvers<void>();
  const chunks = [bytes];
  const body = {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
      return {
        async next() {
          const value = chunks.shift();
          if (value !== undefined) return { done: false, value };
          await left.promise;
          return { done: true, value: undefined };
        },
        async return() {
          left.resolve();
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { body, left: left.promise };
}
