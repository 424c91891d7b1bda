import type { EventStream } from '@linkspan/core';
import {
  a2a,
  type A2aResult,
  type A2aStreamResponse,
  type A2aTaskArtifactUpdate,
  type A2aTaskState,
  createA2a,
  decodeStream,
} from '@linkspan/dialects';
import { expectTypeOf } from 'vitest';

const stream = decodeStream(new Uint8Array(), a2a);
expectTypeOf(stream).toEqualTypeOf<EventStream<A2aStreamResponse, A2aResult>>();
for await (const event of stream) {
  if ('artifactUpdate' in event) {
    expectTypeOf(event.artifactUpdate).toEqualTypeOf<A2aTaskArtifactUpdate>();
  } else if ('statusUpdate' in event) {
    expectTypeOf(event.statusUpdate.status.state).toEqualTypeOf<A2aTaskState>();
  } else if ('message' in event) {
    expectTypeOf(event.message.messageId).toEqualTypeOf<string>();
  } else {
    expectTypeOf(event.task.id).toEqualTypeOf<string>();
  }
}
expectTypeOf((await stream.result()).artifacts[0]?.lastChunk).toEqualTypeOf<boolean | undefined>();

// @ts-expect-error a word that is not one of them
createA2a({ interrupted: 'no' });
