import type { EventStream } from '@linkspan/core';
import {
  agUi,
  type AgUiEvent,
  type AgUiInterrupt,
  type AgUiMessage,
  type AgUiResult,
  type ChatResult,
  createVercelUi,
  decodeStream,
  vercelUi,
  type VercelUiPart,
  type VercelUiResult,
} from '@linkspan/dialects';
import { expectTypeOf } from 'vitest';

const bytes = new Uint8Array();

const parts = decodeStream(bytes, vercelUi);
expectTypeOf(parts).toEqualTypeOf<EventStream<VercelUiPart, VercelUiResult>>();
expectTypeOf<VercelUiResult>().toExtend<ChatResult>();
for await (const part of parts) {
  switch (part.type) {
    case 'text-delta':
      expectTypeOf(part.delta).toEqualTypeOf<string>();
      break;
    case 'tool-input-available':
      expectTypeOf(part.input).toEqualTypeOf<unknown>();
      expectTypeOf(part.toolName).toEqualTypeOf<string>();
      break;
    case 'data-weather':
      expectTypeOf(part.data).toEqualTypeOf<unknown>();
      expectTypeOf(part.transient).toEqualTypeOf<boolean | undefined>();
      break;
    case 'error':
      expectTypeOf(part.errorText).toEqualTypeOf<string>();
      break;
    // @ts-expect-error a part that there is not
    case 'text-dleta':
      break;
    default:
  }
}

// @ts-expect-error a word that is not one of them
createVercelUi({ require: 'all' });

const run = decodeStream(bytes, agUi);
expectTypeOf(run).toEqualTypeOf<EventStream<AgUiEvent, AgUiResult>>();
for await (const event of run) {
  switch (event.type) {
    case 'TEXT_MESSAGE_CONTENT':
      expectTypeOf(event.delta).toEqualTypeOf<string>();
      break;
    case 'TOOL_CALL_CHUNK':
      expectTypeOf(event.toolCallId).toEqualTypeOf<string | undefined>();
      break;
    case 'MESSAGES_SNAPSHOT':
      expectTypeOf(event.messages).toEqualTypeOf<readonly AgUiMessage[]>();
      break;
    case 'RUN_FINISHED':
      if (event.outcome?.type === 'interrupt') {
        expectTypeOf(event.outcome.interrupts).toEqualTypeOf<readonly AgUiInterrupt[]>();
      }
      break;
    // @ts-expect-error an event that there is not
    case 'RUN_ENDED':
      break;
    default:
  }
}
