import type { Body, ChunkSink } from '@linkspan/core';

/**
 * Takes the body and gives its chunks one by one: a function for the next one, if it is there.
 * Otherwise the sink is called, once, when it is known what comes.
 */
export function feedOf(body: Body, sink: ChunkSink): () => Uint8Array | undefined {
  if (body.feed !== undefined) {
    const feed = body.feed(sink);
    return () => feed.take();
  }
  const chunks = body[Symbol.asyncIterator]();
  let isAsked = false;
  const ask = async (): Promise<void> => {
    try {
      const step = await chunks.next();
      isAsked = false;
      if (step.done === true) sink.end();
      else sink.chunk(step.value);
    } catch (error) {
      isAsked = false;
      sink.fail(error);
    }
  };
  return () => {
    if (!isAsked) {
      isAsked = true;
      void ask();
    }
    return undefined;
  };
}
