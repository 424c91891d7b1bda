import { ProtocolError } from '@linkspan/core';
import { checkCloseArguments } from '../close-arguments.ts';
import type { WireMessage } from '../wire/inbox.ts';

/** The subprotocol that says that a connection carries a session. */
export const SESSION_SUBPROTOCOL = 'linkspan.session.v1';

/** How much one side takes ahead of its reader: messages and bytes that it has not acknowledged. */
export interface SessionWindow {
  readonly messages: number;
  readonly bytes: number;
}

/** Where one side is, as it tells when a connection begins. */
export interface SessionPlace {
  /** The id of the last message that it has received; 0 for none. */
  readonly last: number;
  /** The id of the last message that its reader has got; 0 for none. */
  readonly ack: number;
  readonly window: SessionWindow;
}

/** The first frame of a client. */
export interface HelloFrame extends SessionPlace {
  readonly kind: 'hello';
  /** The session, by the id that the client has made for it. */
  readonly session: string;
  /** Whether the client was welcomed to it before. */
  readonly resume: boolean;
}

/** The first frame of a server. */
export interface WelcomeFrame extends SessionPlace {
  readonly kind: 'welcome';
  readonly session: string;
}

/** A message of the application. */
export interface MessageFrame {
  readonly kind: 'message';
  readonly id: number;
  readonly ack: number;
  readonly payload: WireMessage;
}

/** The last message of a side. */
export interface EndFrame {
  readonly kind: 'end';
  readonly id: number;
  readonly ack: number;
  readonly code: number;
  readonly reason: string;
}

/** An acknowledgement that no message carries. */
export interface AckFrame {
  readonly kind: 'ack';
  readonly ack: number;
}

/** What travels on a connection that carries a session. */
export type SessionFrame = HelloFrame | WelcomeFrame | MessageFrame | EndFrame | AckFrame;

/** The longest header, in UTF-8; a reason is at most 123 bytes, and up to six times as long in JSON. */
const MAX_HEADER_BYTES = 1024;
const MIN_ID_CHARS = 16;
const MAX_ID_CHARS = 128;
const NEWLINE = 10;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a message, as both sides count them: text in UTF-8. */
export function payloadBytes(payload: WireMessage): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
}

/**
 * Writes a frame: its header as one line of JSON, and behind a newline the message as it is, in a
 * text frame if it is text and in a binary one if it is bytes. Other frames are the header alone.
 */
export function writeFrame(frame: SessionFrame): WireMessage {
  switch (frame.kind) {
    case 'message':
      return writeMessage(frame);
    case 'end':
      return JSON.stringify({ id: frame.id, ack: frame.ack, end: [frame.code, frame.reason] });
    case 'ack':
      return `{"ack":${frame.ack}}`;
    default: {
      const { kind: _kind, window, ...members } = frame;
      return JSON.stringify({ ...members, window: [window.messages, window.bytes] });
    }
  }
}

function writeMessage({ id, ack, payload }: MessageFrame): WireMessage {
  const header = `{"id":${id},"ack":${ack}}\n`;
  if (typeof payload === 'string') return header + payload;
  const frame = Buffer.allocUnsafe(header.length + payload.byteLength);
  frame.write(header, 'latin1');
  frame.set(payload, header.length);
  return frame;
}

/**
 * Reads a frame. Members of the header that it does not know are not looked at.
 *
 * @throws ProtocolError when it is none. The message says what was expected, and shows nothing of it.
 */
export function readFrame(data: WireMessage): SessionFrame {
  const at =
    typeof data === 'string'
      ? data.slice(0, MAX_HEADER_BYTES + 1).indexOf('\n')
      : data.subarray(0, MAX_HEADER_BYTES + 1).indexOf(NEWLINE);
  if (at >= 0) {
    const header = readHeader(data.slice(0, at));
    return {
      kind: 'message',
      id: readNumber(header, 'id', 1),
      ack: readNumber(header, 'ack', 0),
      // Bytes are a view: ws gives each message memory of its own.
      payload: typeof data === 'string' ? data.slice(at + 1) : data.subarray(at + 1),
    };
  }
  if (typeof data !== 'string') throw broken('expected a header and a newline in a binary frame');
  const header = readHeader(data);
  if ('end' in header) return readEnd(header);
  if ('session' in header) {
    const session = readId(header['session']);
    if (!('resume' in header)) return { kind: 'welcome', session, ...readPlace(header) };
    const { resume } = header;
    if (typeof resume !== 'boolean') throw broken("expected 'resume' to be true or false");
    return { kind: 'hello', session, resume, ...readPlace(header) };
  }
  if ('id' in header) throw broken('expected a newline behind the header of a message');
  return { kind: 'ack', ack: readNumber(header, 'ack', 0) };
}

type Header = Readonly<Record<string, unknown>>;

function readHeader(data: WireMessage): Header {
  if (data.length > MAX_HEADER_BYTES) {
    throw broken(`expected a header of at most ${MAX_HEADER_BYTES} bytes`);
  }
  let header: unknown;
  try {
    header = JSON.parse(typeof data === 'string' ? data : decoder.decode(data));
  } catch {
    throw broken('expected its header to be JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw broken('expected its header to be an object');
  }
  return header as Header;
}

function readEnd(header: Header): EndFrame {
  const end: unknown = header['end'];
  const [code, reason] = Array.isArray(end) ? (end as unknown[]) : [];
  try {
    checkCloseArguments(code ?? null, reason ?? null);
  } catch {
    throw broken("expected 'end' to be a code and a reason that may close a WebSocket");
  }
  return {
    kind: 'end',
    id: readNumber(header, 'id', 1),
    ack: readNumber(header, 'ack', 0),
    code: code as number,
    reason: reason as string,
  };
}

function readPlace(header: Header): SessionPlace {
  const window: unknown = header['window'];
  const [messages, bytes] = Array.isArray(window) ? (window as unknown[]) : [];
  if (!isCount(messages, 1) || !isCount(bytes, 1)) {
    throw broken("expected 'window' to be two integers of 1 or more");
  }
  const place = { last: readNumber(header, 'last', 0), ack: readNumber(header, 'ack', 0) };
  return { ...place, window: { messages, bytes } };
}

function readId(value: unknown): string {
  const { length } = typeof value === 'string' ? value : '';
  if (length >= MIN_ID_CHARS && length <= MAX_ID_CHARS) return value as string;
  throw broken(`expected the id of a session to be ${MIN_ID_CHARS} to ${MAX_ID_CHARS} characters`);
}

function readNumber(header: Header, name: string, min: number): number {
  const value = header[name];
  if (isCount(value, min)) return value;
  throw broken(`expected '${name}' to be an integer of ${min} or more`);
}

function isCount(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

/** The failure of a peer that does not keep to the protocol of sessions. */
export function broken(problem: string): ProtocolError {
  return new ProtocolError(
    `Cannot go on with the session: the peer broke its protocol: ${problem}`,
    {
      code: 'ws_session_protocol',
      phase: 'body',
    },
  );
}
