import {
  DeserializationError,
  MessageTooLargeError,
  SerializationError,
} from '../errors/transport-error.ts';
import * as setting from '../settings/kinds.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type { SettingsTable } from '../settings/setting.ts';
import { findUnwritable } from './find-unwritable.ts';
import { readDates } from './json-dates.ts';
import { describeJsonFault, findJsonFault } from './json-fault.ts';
import { isTooDeep, withoutPollution } from './json-guard.ts';

/** Turns values into bytes and back. */
export interface Codec<Value = unknown> {
  /** The media type of the bytes. */
  readonly contentType: string;
  /** @throws SerializationError when the value cannot be written. */
  encode(value: Value): Uint8Array;
  /**
   * @throws DeserializationError when the bytes are not what the format says.
   * @throws MessageTooLargeError over the codec's limit.
   */
  decode(bytes: Uint8Array): Value;
}

/** How JSON is read. */
export interface JsonCodecOptions {
  /** The most bytes that are read. @default 16 MiB */
  readonly maxBytes?: number | undefined;
  /** How deep arrays and objects may be nested. @default Infinity: what comes of the engine's parser has no limit */
  readonly maxDepth?: number | undefined;
  /**
   * `'iso-dates'` gives a `Date` for each string that is a whole ISO 8601 moment with its zone; a
   * function is called as by `JSON.parse`. @default none
   */
  readonly reviver?: JsonReviver | undefined;
}

/** What {@link createJsonCodec} takes to change values as they are read. */
export type JsonReviver = 'iso-dates' | ((key: string, value: unknown) => unknown);

interface JsonCodecSettings {
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly reviver: JsonReviver | undefined;
}

const jsonCodecSettings: SettingsTable<JsonCodecSettings, JsonCodecOptions> = {
  maxBytes: setting.integer({ default: 16 * 1024 * 1024, min: 1, orInfinity: true }),
  maxDepth: setting.integer({ default: Infinity, min: 1, orInfinity: true }),
  reviver: setting.custom<JsonReviver>({
    expected: "'iso-dates' or a function",
    optional: true,
    check: (value) =>
      value === 'iso-dates' || typeof value === 'function' ? (value as JsonReviver) : undefined,
  }),
};

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON in UTF-8, RFC 8259. It refuses what is too large, too deep, or not UTF-8, and reads no
 * `__proto__` member, nor a `constructor` with a `prototype`: such members are left out, so that a
 * careless copy of the value cannot change how objects behave.
 *
 * An error tells line and column, and a few characters around, without what looks like a credential.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function createJsonCodec(options?: JsonCodecOptions): Codec {
  const settings = parseSettings('createJsonCodec()', jsonCodecSettings, options);
  const { reviver } = settings;
  return {
    contentType: 'application/json',
    encode: encodeJson,
    decode(bytes) {
      if (bytes.byteLength > settings.maxBytes) throw tooLarge(bytes.byteLength, settings.maxBytes);
      const value = parseJson(toText(bytes), typeof reviver === 'function' ? reviver : undefined);
      if (settings.maxDepth !== Infinity && isTooDeep(value, settings.maxDepth)) {
        throw decodeError(`it is nested more than ${settings.maxDepth} deep`);
      }
      return reviver === 'iso-dates' ? readDates(value) : value;
    },
  };
}

/** A JSON codec with the default limits. */
export const jsonCodec: Codec = createJsonCodec();

function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(writeJson(value));
}

/**
 * Writes a value as JSON text.
 *
 * @throws SerializationError when it cannot be written.
 */
export function writeJson(value: unknown): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  const found = findUnwritable(value) ?? { path: 'the value', reason: 'cannot be written' };
  // A `toJSON` of the user's own may have thrown: its error is the cause. The engine's own message
  // says nothing that is not said here.
  throw new SerializationError(`Cannot write as JSON: ${found.path} ${found.reason}`, {
    code: 'encode_json',
    cause: cause instanceof TypeError || cause instanceof RangeError ? undefined : cause,
  });
}

/** Parses JSON text, with the same guards and errors as a codec. */
export function parseJson(
  text: string,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, reviver);
  } catch (error) {
    // The engine's message holds a piece of the text, whatever is in it: it is not handed on.
    if (findJsonFault(text) !== undefined) throw decodeError(describeJsonFault(text));
    throw decodeError('the reviver failed', error);
  }
  return withoutPollution(value, text);
}

function toText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw decodeError(`its ${bytes.byteLength} bytes are not UTF-8`);
  }
}

function decodeError(problem: string, cause?: unknown): DeserializationError {
  return new DeserializationError(`Cannot read the JSON: ${problem}`, {
    code: 'decode_json',
    cause,
  });
}

function tooLarge(found: number, limit: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `Cannot read the JSON: expected at most ${limit} bytes, found ${found}`,
  );
}
