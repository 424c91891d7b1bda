import { jsonCodec, type TransportRequest } from '@linkspan/core';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { unwritable } from './errors.ts';

/**
 * `request`: one message answers. `request-many`: messages answer until an empty one without headers,
 * the sentinel. `subscribe`: whatever is published to the subject, without an end.
 */
export type NatsOperation = 'request' | 'request-many' | 'subscribe';

/** A request as bytes and headers of NATS. */
export interface OutgoingMessage {
  readonly operation: NatsOperation;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  /** What the server counts against its `max_payload`. */
  readonly bytes: number;
}

const NOTHING = new Uint8Array();

/**
 * A request as NATS has it.
 *
 * @throws SerializationError for what cannot be written; nothing was sent then.
 */
export function encodeRequest(request: TransportRequest): OutgoingMessage {
  const { operation, target, payload } = request;
  if (operation !== 'request' && operation !== 'request-many' && operation !== 'subscribe') {
    const known = "'request', 'request-many' and 'subscribe'";
    throw unwritable(`NATS has the operations ${known}, found '${operation}'`);
  }
  // oxlint-disable-next-line no-control-regex -- they would end the line of the protocol
  if (target === '' || /[\s\u0000-\u001f]/.test(target)) {
    throw unwritable(`a subject has no spaces and is not empty, found ${JSON.stringify(target)}`);
  }
  if (operation !== 'subscribe' && /(?:^|\.)(?:\*|>)(?:\.|$)/.test(target)) {
    throw unwritable(`a request goes to one subject, found the wildcard ${JSON.stringify(target)}`);
  }
  if (operation === 'subscribe' && payload !== undefined) {
    throw unwritable('a subscription carries no payload');
  }
  const data = encodePayload(request);
  const { headers: fields, bytes } = encodeHeaders(request.headers);
  return { operation, subject: target, data, headers: fields, bytes: data.length + bytes };
}

function encodePayload({ payload }: TransportRequest): Uint8Array {
  switch (payload?.kind) {
    case undefined:
      return NOTHING;
    case 'bytes':
      return payload.bytes;
    case 'value':
      return jsonCodec.encode(payload.value);
    default:
      throw unwritable('NATS sends one message, and no stream (capabilities.upload)');
  }
}

function encodeHeaders(
  fields: TransportRequest['headers'],
): Pick<OutgoingMessage, 'headers' | 'bytes'> {
  const entries = Object.entries(fields ?? {});
  if (entries.length === 0) return { headers: undefined, bytes: 0 };
  const message = headers();
  let bytes = 'NATS/1.0\r\n\r\n'.length;
  for (const [name, value] of entries) {
    try {
      message.set(name, value);
    } catch {
      throw unwritable(`the header ${JSON.stringify(name)} has what NATS cannot carry`);
    }
    bytes += Buffer.byteLength(`${name}: ${value}\r\n`);
  }
  return { headers: message, bytes };
}
