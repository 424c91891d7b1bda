import type { LinkspanError, Reading, StreamHead, StreamReader } from '@linkspan/core';
import { MalformedEvent } from '../framing/malformed-event.ts';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { isJson } from '../framing/sse-or-json-decoder.ts';
import { type JsonRpcErrorCodes, jsonRpcFailure } from '../json-rpc/json-rpc-failure.ts';
import {
  isJsonRpcMessage,
  isJsonRpcRequest,
  type JsonRpcMessage,
} from '../json-rpc/json-rpc-message.ts';
import { notJson, parseJson } from '../model/parse-json.ts';
import { bodyError } from '../model/reported-error.ts';
import { isObject } from '../model/typed-event.ts';
import type { McpEvent, McpResult } from './mcp-event.ts';
import { readPayload } from '../request/read-payload.ts';

/** The codes of all revisions: none means two things. */
const CODES: JsonRpcErrorCodes = {
  [-32002]: ['ResourceNotFound', 404],
  [-32020]: ['HeaderMismatch', 400],
  [-32021]: ['MissingRequiredClientCapability', 400],
  [-32022]: ['UnsupportedProtocolVersion', 400],
  [-32042]: ['UrlElicitationRequired', 400],
};

/** They show that the server lives, not that the work moves on. */
const NO_PROGRESS: ReadonlySet<string> = new Set(['ping', 'notifications/message']);

/** Reads the messages of one stream, up to the response to the request that opened it. */
export class McpReader implements StreamReader<SseEvent, McpEvent, McpResult> {
  finishReason: string | undefined;
  readonly #head: StreamHead;
  readonly #unsaidReason: string;
  /** The requests that are to be answered; `undefined` when they cannot be told. */
  readonly #awaited: Set<unknown> | undefined;
  #result: Readonly<Record<string, unknown>> | undefined;

  /** @param unsaidReason the finish reason of a result that has no `resultType`. */
  constructor(head: StreamHead, unsaidReason: string) {
    this.#head = head;
    this.#unsaidReason = unsaidReason;
    this.#awaited = requestIds(readPayload(head.request));
  }

  get partial(): McpResult {
    return {
      result: this.#result,
      text: textOf(this.#result?.['content']),
      isError: this.#result?.['isError'] === true,
    };
  }

  read({ data }: SseEvent): Reading<McpEvent> {
    // A server begins with an id and empty data, so that the stream can be taken up from the start.
    if (data === '') return { progress: false };
    let value: unknown;
    try {
      value = parseJson(data, 'an event of the stream', this.#head.secrets);
    } catch (error) {
      return this.#malformed(data, error as LinkspanError);
    }
    if (isJsonRpcMessage(value)) return this.#readMessage(value);
    const reported = isJson(this.#head) ? bodyError(value, this.#head) : undefined;
    const error =
      reported ?? notJson(data, 'an event of the stream', 'a JSON-RPC message', this.#head.secrets);
    return this.#malformed(data, error);
  }

  /** Of a stream it is one message that is lost; where the answer is one document, it is the answer. */
  #malformed(data: string, error: LinkspanError): Reading<McpEvent> {
    if (isJson(this.#head)) return { error };
    return { event: new MalformedEvent(data, error), progress: false };
  }

  #readMessage(message: JsonRpcMessage): Reading<McpEvent> {
    if ('method' in message) {
      return NO_PROGRESS.has(message.method)
        ? { event: message, progress: false }
        : { event: message };
    }
    const isOurs = this.#awaited?.delete(message.id) ?? true;
    if ('error' in message) {
      // One without an id is about a request that the server could not read: there is only ours.
      if (!isOurs && message.id !== undefined && message.id !== null) return foreign(message);
      return { event: message, error: jsonRpcFailure(message.error, CODES, this.#head) };
    }
    if (!isOurs) return foreign(message);
    const { result } = message;
    this.#result = isObject(result) ? result : {};
    const resultType = this.#result['resultType'];
    this.finishReason = typeof resultType === 'string' ? resultType : this.#unsaidReason;
    // Until 2025-06-18 several requests could be sent as one.
    if (this.#awaited !== undefined && this.#awaited.size > 0) return { event: message };
    return { event: message, terminal: 'ends', terminator: 'response' };
  }
}

/** An answer to somebody else: it is handed over, and ends nothing. */
function foreign(event: JsonRpcMessage): Reading<McpEvent> {
  return { event, progress: false };
}

function requestIds(payload: unknown): Set<unknown> | undefined {
  const messages: unknown[] = Array.isArray(payload) ? payload : [payload];
  const ids = messages.filter(isJsonRpcRequest).map(({ id }) => id);
  return ids.length === 0 ? undefined : new Set(ids);
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content
    .filter((item): item is { readonly text: string } => isObject(item) && isTextItem(item))
    .map((item) => item.text)
    .join('\n');
}

function isTextItem({ type, text }: Readonly<Record<string, unknown>>): boolean {
  return type === 'text' && typeof text === 'string';
}
