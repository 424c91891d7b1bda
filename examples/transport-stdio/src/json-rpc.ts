import { jsonCodec, type TransportRequest } from '@linkspan/core';
import { unwritable } from './errors.ts';

/** What JSON-RPC tells calls apart by. */
export type RpcId = string | number;

/** A message of JSON-RPC 2.0, as far as its way depends on it. */
export interface RpcMessage {
  readonly id?: RpcId | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A request that is written, and how its answers are told. */
export interface OutgoingCall {
  readonly line: string;
  readonly method: string | undefined;
  /** Absent for what has no answer: a notification, or an answer of ours. */
  readonly id: RpcId | undefined;
  /** What the notifications about its progress are told by, where it asks for them. */
  readonly progressToken: RpcId | undefined;
}

/**
 * The message that a request carries, on one line.
 *
 * @throws SerializationError for what is no message; nothing was sent then.
 */
export function encodeCall({ payload }: TransportRequest): OutgoingCall {
  if (payload?.kind !== 'value' && payload?.kind !== 'bytes') {
    throw unwritable('its payload has to be one message of JSON-RPC');
  }
  const bytes = payload.kind === 'bytes' ? payload.bytes : jsonCodec.encode(payload.value);
  const text = new TextDecoder().decode(bytes);
  const message = parseMessage(text);
  if (message === undefined) {
    throw unwritable('its payload has to be one message of JSON-RPC, found something else');
  }
  return {
    line: oneLine(text),
    method: message.method,
    id: message.method === undefined ? undefined : (message.id ?? undefined),
    progressToken: progressToken(member(message.params, '_meta')),
  };
}

/** The message that a line holds; `undefined` when it holds none. */
export function parseMessage(line: string): RpcMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (member(value, 'jsonrpc') !== '2.0') return undefined;
  const message = value as RpcMessage;
  const { id, method } = message;
  if (id !== undefined && id !== null && !isId(id)) return undefined;
  if (method === undefined) return 'result' in message || 'error' in message ? message : undefined;
  return typeof method === 'string' ? message : undefined;
}

/** The call that a message tells the progress of, in the words of MCP. */
export function progressOf({ method, params }: RpcMessage): RpcId | undefined {
  return method === 'notifications/progress' ? progressToken(params) : undefined;
}

/** One message of a conversation, on one line: text, bytes, or a value. */
export function messageLine(message: unknown): string {
  if (typeof message === 'string') return oneLine(message);
  if (message instanceof Uint8Array) return oneLine(new TextDecoder().decode(message));
  return oneLine(new TextDecoder().decode(jsonCodec.encode(message)));
}

/** Line ends are white space between the tokens of JSON, and stand nowhere else in it. */
function oneLine(text: string): string {
  return `${text.replaceAll(/[\r\n]+/g, ' ')}\n`;
}

function progressToken(holder: unknown): RpcId | undefined {
  const token = member(holder, 'progressToken');
  return isId(token) ? token : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function isId(value: unknown): value is RpcId {
  return typeof value === 'string' || typeof value === 'number';
}
