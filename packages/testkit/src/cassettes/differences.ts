import type { RecordedPayload, RecordedRequest } from './cassette.ts';
import { samePayload } from './recorded-request.ts';

/** How much of a value a message shows. */
const LONGEST_SHOWN = 80;

/** What differs between a request and a recorded one, in words; nothing where they are the same. */
export function differencesOf(
  asked: RecordedRequest,
  recorded: RecordedRequest,
): readonly string[] {
  const differences: string[] = [];
  for (const part of ['operation', 'target'] as const) {
    if (asked[part] !== recorded[part]) {
      differences.push(differs(`its ${part}`, recorded[part], asked[part]));
    }
  }
  if (!samePayload(asked.payload, recorded.payload)) {
    differences.push(payloadDifference(asked.payload, recorded.payload));
  }
  return differences;
}

/** How much a request is like a recorded one: the more the nearer. */
export function likeness(asked: RecordedRequest, recorded: RecordedRequest): number {
  return (
    (asked.operation === recorded.operation ? 2 : 0) +
    (asked.target === recorded.target ? 4 : 2 * sharedStart(asked.target, recorded.target)) +
    (samePayload(asked.payload, recorded.payload) ? 1 : 0)
  );
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length / Math.max(a.length, b.length, 1);
}

function payloadDifference(
  asked: RecordedPayload | undefined,
  recorded: RecordedPayload | undefined,
): string {
  if (asked !== undefined && recorded !== undefined && 'json' in asked && 'json' in recorded) {
    const found = firstDifference(asked.json, recorded.json, 'payload');
    if (found !== undefined) return found;
  }
  return differs('its payload', recorded, asked);
}

function firstDifference(asked: unknown, recorded: unknown, path: string): string | undefined {
  if (asked === recorded) return undefined;
  if (!isObject(asked) || !isObject(recorded)) return differs(path, recorded, asked);
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(asked)])) {
    const at = Array.isArray(recorded) ? `${path}[${name}]` : `${path}.${name}`;
    const found = firstDifference(asked[name], recorded[name], at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function differs(what: string, recorded: unknown, asked: unknown): string {
  return `${what}: recorded ${show(recorded)}, asked ${show(asked)}`;
}

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}
