// Server-sent events, NDJSON and the streaming protocols of model providers and agents, as data:
// what ends a stream, what an error inside a 200 looks like, and what counts as progress. Decoders
// do no I/O: they are fed bytes in any split.
export {
  createSseDecoder,
  type SseDecoder,
  type SseDecoderOptions,
  type SseEvent,
} from './sse-decoder.ts';
