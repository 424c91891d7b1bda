import type { EventStream } from '@linkspan/core';
import {
  createNdjson,
  createRawSse,
  decodeStream,
  MalformedEvent,
  type SseEvent,
} from '@linkspan/dialects';
import { expectTypeOf } from 'vitest';

interface Line {
  readonly text: string;
}
const bytes = new Uint8Array();

expectTypeOf(decodeStream(bytes, createRawSse({ endsAtEof: false }))).toEqualTypeOf<
  EventStream<SseEvent>
>();
expectTypeOf(decodeStream(bytes, createNdjson<Line>({ malformed: 'fail' }))).toEqualTypeOf<
  EventStream<Line, Line | undefined>
>();
const tolerant = decodeStream(bytes, createNdjson<Line>({ malformed: 'event' }));
expectTypeOf(tolerant).toEqualTypeOf<EventStream<Line | MalformedEvent, Line | undefined>>();
for await (const line of tolerant) {
  if (!(line instanceof MalformedEvent)) expectTypeOf(line.text).toEqualTypeOf<string>();
}

// @ts-expect-error a word that is not one of them
createNdjson({ malformed: 'skip' });
