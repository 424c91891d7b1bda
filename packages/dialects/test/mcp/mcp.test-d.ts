import type { EventStream, LinkspanError } from '@linkspan/core';
import {
  decodeStream,
  type JsonRpcError,
  type JsonRpcId,
  MalformedEvent,
  mcp2025,
  mcp2026,
  type McpEvent,
  type McpResult,
} from '@linkspan/dialects';
import { expectTypeOf } from 'vitest';

const stream = decodeStream(new Uint8Array(), mcp2025);
expectTypeOf(stream).toEqualTypeOf<EventStream<McpEvent, McpResult>>();
expectTypeOf(decodeStream(new Uint8Array(), mcp2026)).toEqualTypeOf<typeof stream>();
for await (const message of stream) {
  if (message instanceof MalformedEvent) {
    expectTypeOf(message.error).toEqualTypeOf<LinkspanError>();
  } else if ('method' in message) {
    expectTypeOf(message.method).toEqualTypeOf<string>();
    if ('id' in message) expectTypeOf(message.id).toEqualTypeOf<JsonRpcId>();
  } else if ('result' in message) {
    expectTypeOf(message.result).toEqualTypeOf<Readonly<Record<string, unknown>>>();
  } else {
    expectTypeOf(message.error).toEqualTypeOf<JsonRpcError>();
  }
}
