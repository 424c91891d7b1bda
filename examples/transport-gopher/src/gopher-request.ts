import { jsonCodec, type Payload, SerializationError, type TransportRequest } from '@linkspan/core';

/**
 * A request of Gopher+ on the wire: the selector, the words to search for if there are any, a `+`,
 * and a block of data where there is a payload.
 *
 * @throws SerializationError when it cannot be written; nothing was sent then.
 */
export function encodeRequest({ target, payload }: TransportRequest): Uint8Array {
  if (/[\r\n]|\t[^\t]*\t/.test(target)) {
    throw new SerializationError(
      'Cannot send the selector: expected one line with at most one tab, before the search',
      { transport: 'gopher' },
    );
  }
  const data = payload === undefined ? undefined : encodePayload(payload);
  if (data === undefined) return Buffer.from(`${target}\t+\r\n`);
  return Buffer.concat([Buffer.from(`${target}\t+\t1\r\n+${data.length}\r\n`), data]);
}

function encodePayload(payload: Payload): Uint8Array {
  switch (payload.kind) {
    case 'value':
      return jsonCodec.encode(payload.value);
    case 'bytes':
      return payload.bytes;
    default:
      throw new SerializationError('Cannot send a stream: this transport has no upload', {
        transport: 'gopher',
      });
  }
}
