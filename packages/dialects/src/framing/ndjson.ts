import { defineSettings, type Dialect, parseSettings, type Reading, setting } from '@linkspan/core';
import { MalformedEvent } from './malformed-event.ts';
import { createNdjsonDecoder } from './ndjson-decoder.ts';

/** How the lines of an NDJSON stream are to be understood. */
export interface NdjsonOptions<Value = unknown> {
  /**
   * Whether each line holds all of the answer so far, as pydantic-ai's chat example does, and not
   * the next piece of it. `result()` then gives the last line.
   *
   * @default false
   */
  readonly cumulative?: boolean;
  /** Whether a stream without a single line is complete. @default false */
  readonly allowEmpty?: boolean;
  /**
   * Tells which line is the last one. Without it the stream is complete when its bytes end as the
   * wire says they should, with the terminator `eof`.
   */
  readonly isTerminal?: (value: Value) => boolean;
  /**
   * What a line that is not JSON does: it fails the stream, or it is handed over as a
   * {@link MalformedEvent} and the stream goes on, for lines of which one that is lost harms nobody.
   *
   * @default 'fail'
   */
  readonly malformed?: 'fail' | 'event';
}

const settings = defineSettings({
  cumulative: setting.boolean({ default: false, env: false }),
  allowEmpty: setting.boolean({ default: false, env: false }),
  isTerminal: setting.callback<(value: never) => boolean>({ optional: true }),
  malformed: setting.choice<'fail' | 'event', { readonly default: 'fail'; readonly env: false }>(
    ['fail', 'event'],
    { default: 'fail', env: false },
  ),
});

/** The last line of a cumulative stream; `undefined` before it, and for any other stream. */
export type NdjsonResult<Value> = Value | undefined;

/**
 * Makes a dialect of newline-delimited JSON. The type of its values is what the caller says it is;
 * nothing checks it. A line that is not JSON fails the stream, unless `malformed` says otherwise;
 * one that the end of the bytes cut makes it incomplete.
 *
 * @throws ConfigurationError when an option is not what it should be.
 */
export function createNdjson<Value = unknown>(
  options?: NdjsonOptions<Value> & { readonly malformed?: 'fail' },
): Dialect<Value, NdjsonResult<Value>>;
export function createNdjson<Value = unknown>(
  options: NdjsonOptions<Value>,
): Dialect<Value | MalformedEvent, NdjsonResult<Value>>;
export function createNdjson<Value>(
  options: NdjsonOptions<Value> = {},
): Dialect<Value | MalformedEvent, NdjsonResult<Value>> {
  const parsed = parseSettings('createNdjson()', settings, options);
  const isTerminal = parsed.isTerminal as ((value: Value) => boolean) | undefined;
  return {
    name: 'ndjson',
    accept: 'application/x-ndjson',
    // pydantic-ai's example sends text/plain.
    contentTypes: [
      'application/x-ndjson',
      'application/ndjson',
      'application/jsonl',
      'application/x-jsonlines',
      'application/jsonlines',
      'text/plain',
    ],
    endsAtEof: isTerminal === undefined,
    allowEmpty: parsed.allowEmpty,
    decode: (limits) => createNdjsonDecoder({ ...limits, malformed: parsed.malformed }),
    read() {
      let last: Value | undefined;
      return {
        read(value): Reading<Value | MalformedEvent> {
          if (value instanceof MalformedEvent) return { event: value, progress: false };
          const event = value as Value;
          if (parsed.cumulative) last = event;
          if (isTerminal?.(event) !== true) return { event };
          return { event, terminal: 'ends', terminator: 'last line' };
        },
        get partial() {
          return last;
        },
      };
    },
  };
}

/** Newline-delimited JSON, each line the next piece, complete at the end of the bytes. */
export const ndjson: Dialect<unknown, unknown> = createNdjson();
