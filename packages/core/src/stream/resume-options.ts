import type { StreamPlace } from '../dialect.ts';
import type { LinkspanError } from '../errors/linkspan-error.ts';
import { type AttemptBudget, budgetSetting } from '../middleware/attempt-budget.ts';
import * as setting from '../settings/kinds.ts';
import type { Setting, SettingsTable } from '../settings/setting.ts';
import type { TransportRequest } from '../transport.ts';
import { checkCursor, type Cursor, CURSOR_EXPECTED, type CursorStore } from './cursor.ts';

/** What a stream tells before it waits to be taken up again. */
export interface ResumeNotice {
  /** What broke the stream, or the last attempt to take it up. */
  readonly error: LinkspanError;
  /** How many attempts there were since something new came, this one included. */
  readonly attempt: number;
  readonly waitMs: number;
  /** The durable id that the stream goes on behind; `''` when it starts over, before any event. */
  readonly lastEventId: string;
}

/**
 * How a stream that breaks is taken up again: by a reset, an end before the terminator, or a clock
 * of its silence. A failure that the peer reports, an event that is malformed or too large, the
 * caller's abort, the deadline and the close of the client end a stream for good.
 */
export interface ResumeOptions<Result = unknown> {
  /**
   * How many attempts may follow one another without an event that made progress. The stream then
   * fails with what the last one failed with. `Infinity` for no limit. @default 5
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The upper end of the first wait; the wait itself is random below it (full jitter), and doubles
   * with each attempt. It is as long as it is because a restart of the peer breaks all of its streams
   * at once: with 500 ms a fifth of them would come back within 100 ms. A peer may ask for more: what
   * the `retry` field of server-sent events says, from 1 s to 5 min, is waited before; `retry-after`
   * is obeyed to the millisecond, as far as the deadline, and 5 min without one. @default 5_000
   */
  readonly baseDelayMs?: number | undefined;
  /** The upper end of every wait that the peer did not ask for. @default 20_000 */
  readonly maxDelayMs?: number | undefined;
  /**
   * Where the stream begins: behind the last event of an earlier one, as `detach()` gave it, or
   * `{ lastEventId }`. Its first request is the one that takes it up. What `store` holds goes first.
   */
  readonly cursor?: Cursor | undefined;
  /**
   * Keeps the cursor, so that another process can go on. A cursor is committed when its event was
   * handed over and the next one is asked for: whoever goes on from it gets each event at least
   * once. While a commit is under way only the newest cursor waits, and the stream does not; it
   * waits for the last one before it ends. A commit that fails, fails the stream: a store that may
   * miss some catches its own errors.
   */
  readonly store?: CursorStore | undefined;
  /**
   * Told of the first attempt behind an event that made progress, as of a call, and asked before each
   * further one. When it refuses, the stream fails with what broke it. `false` for none.
   * @default that of the client's `retry`
   */
  readonly budget?: AttemptBudget | false | undefined;
  /**
   * The request that takes the stream up, for services with a way of their own; it takes the place
   * of the dialect's. It must be one that may be sent twice. For `undefined`, the stream fails with
   * what broke it.
   */
  readonly request?: ((place: StreamPlace<Result>) => TransportRequest | undefined) | undefined;
  /**
   * What the peer sends to `request`: the events behind the last id, or the state as it is, where
   * nothing is taken for a repeat. @default as the dialect says, else 'rest'
   */
  readonly sends?: 'rest' | 'snapshot' | undefined;
  /** Told before each wait. What it throws is reported as a warning and changes nothing. */
  readonly onResume?: ((notice: ResumeNotice) => void) | undefined;
}

/** {@link ResumeOptions}, checked and with defaults. */
export interface ResumeSettings {
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly cursor: Cursor | undefined;
  readonly store: CursorStore | undefined;
  readonly budget: AttemptBudget | false | undefined;
  readonly request: ((place: StreamPlace) => TransportRequest | undefined) | undefined;
  readonly sends: 'rest' | 'snapshot' | undefined;
  readonly onResume: ((notice: ResumeNotice) => void) | undefined;
}

const resumeSettings: SettingsTable<ResumeSettings, ResumeOptions> = {
  maxAttempts: setting.integer({ default: 5, min: 0, orInfinity: true }),
  baseDelayMs: setting.durationMs({ default: 5_000, min: 0, finite: true }),
  maxDelayMs: setting.durationMs({ default: 20_000, min: 0, finite: true }),
  cursor: setting.custom<Cursor>({
    optional: true,
    expected: CURSOR_EXPECTED,
    check: checkCursor,
  }),
  store: setting.custom<CursorStore>({
    optional: true,
    expected: 'a store: an object with load() and commit()',
    check: (value) => (hasMethods<CursorStore>(value, 'load', 'commit') ? value : undefined),
  }),
  budget: budgetSetting,
  request: setting.callback<(place: StreamPlace) => TransportRequest | undefined>({
    optional: true,
  }),
  sends: setting.choice(['rest', 'snapshot'], { optional: true }),
  onResume: setting.callback<(notice: ResumeNotice) => void>({ optional: true }),
};

const group = setting.group(resumeSettings, { orFalse: true });

/** The setting of `resume`: `true` for the defaults, `false` for never. */
export const resumeSetting: Setting<
  ResumeSettings | false | undefined,
  boolean | ResumeOptions,
  false
> = setting.custom<ResumeSettings | false, boolean | ResumeOptions>({
  optional: true,
  expected: 'true, false or an object',
  check: (value, report) => group.read(value === true ? {} : value, report),
});

function hasMethods<Value>(value: unknown, ...names: readonly (keyof Value)[]): value is Value {
  const found = value as Partial<Record<keyof Value, unknown>> | null | undefined;
  return names.every((name) => typeof found?.[name] === 'function');
}
