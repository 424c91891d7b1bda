import { isDeepStrictEqual } from 'node:util';
import { jsonCodec, requestSecrets, type TransportRequest } from '@linkspan/core';
import type { RecordedContent, RecordedPayload, RecordedRequest } from './cassette.ts';
import type { PayloadTape } from './payload-tape.ts';
import { recordBytes } from './recorded-bytes.ts';
import { secretsOfTarget } from './redact-target.ts';
import type { Redaction } from './redaction.ts';

/** What a request holds that no text of its exchange may. */
export function secretsOfRequest(request: TransportRequest): readonly string[] {
  return [...requestSecrets(request), ...secretsOfTarget(request.target)];
}

/** A request as it is recorded, and as it is looked for in a cassette. */
export function recordRequest(
  request: TransportRequest,
  tape: PayloadTape | undefined,
  redaction: Redaction,
): RecordedRequest {
  const { operation, target, headers = {}, idempotent } = request;
  const payload = tape === undefined ? undefined : recordPayload(tape, redaction);
  return {
    operation,
    target: redaction.target(target),
    headers: redaction.headers(headers) as Readonly<Record<string, string>>,
    ...(payload !== undefined && { payload }),
    ...(idempotent !== undefined && { idempotent }),
  };
}

/** Whether two requests ask for the same: operation, target and payload. */
export function sameRequest(asked: RecordedRequest, recorded: RecordedRequest): boolean {
  return (
    asked.operation === recorded.operation &&
    asked.target === recorded.target &&
    samePayload(asked.payload, recorded.payload)
  );
}

/** Whether two payloads are the same, JSON by its value. */
export function samePayload(
  asked: RecordedPayload | undefined,
  recorded: RecordedPayload | undefined,
): boolean {
  if (asked === undefined || recorded === undefined) return asked === recorded;
  if ('unreadable' in asked || 'unreadable' in recorded) return true;
  return isDeepStrictEqual(asked, recorded);
}

function recordPayload(tape: PayloadTape, redaction: Redaction): RecordedPayload {
  const { streamed, truncated } = tape;
  return {
    ...recordContent(tape, redaction),
    ...(streamed && { streamed }),
    ...(truncated && { truncated }),
  };
}

function recordContent(tape: PayloadTape, redaction: Redaction): RecordedContent {
  if (tape.unreadable !== undefined) return { unreadable: tape.unreadable };
  const bytes = recordBytes(tape.bytes(), (text) => redaction.text(text, 'payload'));
  if (!('text' in bytes) || tape.truncated) return bytes;
  const json = readJson(bytes.text);
  return json === undefined ? bytes : { json };
}

/** JSON that is an object or an array: a bare word or number is shown as the text that it is. */
function readJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return jsonCodec.decode(new TextEncoder().encode(text));
  } catch {
    // Text that is not JSON is kept as text.
    return undefined;
  }
}
