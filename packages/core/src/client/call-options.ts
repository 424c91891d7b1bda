import type { Deadline } from '@linkspan/concurrency';
import { checkHeaders, HEADERS_EXPECTED } from './check-headers.ts';
import type { DecodeLimits, Dialect } from '../dialect.ts';
import { type RetryOptions, retrySettings } from '../middleware/retry-options.ts';
import * as setting from '../settings/kinds.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type { Setting, SettingsEntries, SettingsTable } from '../settings/setting.ts';
import {
  type ResumeOptions,
  type ResumeSettings,
  resumeSetting,
} from '../stream/resume-options.ts';

/** What one call wants different from its client. */
export interface CallOptions {
  /** The caller's will: when it aborts, the call rejects with `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take: queueing, retries and its body included. */
  readonly totalMs?: number | undefined;
  /** Another name for `totalMs`. */
  readonly timeout?: number | undefined;
  /** The deadline of what the call is part of; the earlier of the two holds. */
  readonly deadline?: Deadline | undefined;
  /** How long one attempt may take until the head of its answer. */
  readonly attemptMs?: number | undefined;
  /** How long the body may be silent while somebody waits for it. */
  readonly idleMs?: number | undefined;
  /** Sent beside the client's own, and instead of those of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Which statuses are answers; the others are thrown. */
  readonly acceptStatus?: ((status: number) => boolean) | undefined;
  /** What is different in trying again; `false` for never. */
  readonly retry?: RetryOptions | false | undefined;
}

/** What a stream takes beside the options of every call. */
export interface StreamOptions<Event, Final> extends CallOptions {
  /** The protocol that the stream speaks. */
  readonly dialect: Dialect<Event, Final>;
  /** How long the first event may be waited for, from the start of each attempt. */
  readonly firstEventMs?: number | undefined;
  /** How long the reader may wait between signs of progress. */
  readonly eventIdleMs?: number | undefined;
  readonly limits?: DecodeLimits | undefined;
  /**
   * Whether, and how, a stream that breaks is taken up again, so that the reader notices nothing:
   * `true` for the defaults of {@link ResumeOptions}. The dialect has to know a way, or
   * `resume.request` has to. Repeats are dropped by their durable ids; where nobody can go on
   * without a loss or a repeat, the stream fails with StreamGapError. Until the first event, a
   * request that is idempotent may also be sent again. `firstEventMs` and `eventIdleMs` hold for
   * each connection anew, the deadline for all of it. @default false
   */
  readonly resume?: boolean | ResumeOptions<Final> | undefined;
}

/** What a channel takes beside the options of every call. */
export interface OpenOptions extends CallOptions {
  /** How many bytes may be waiting to be sent before `send` waits. @default 1 MiB */
  readonly highWaterBytes?: number | undefined;
  /** How many messages may be waiting to be sent before `send` waits. @default 1_024 */
  readonly highWaterMessages?: number | undefined;
}

/** {@link CallOptions}, checked; what is absent is as the client has it. */
export interface CallSettings {
  readonly signal: AbortSignal | undefined;
  readonly totalMs: number | undefined;
  readonly deadline: Deadline | undefined;
  readonly attemptMs: number | undefined;
  readonly idleMs: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly acceptStatus: ((status: number) => boolean) | undefined;
  readonly retry: RetryOptions | false | undefined;
}

const retryGroup: Setting = setting.group(retrySettings, { orFalse: true });

/** A setting that takes an AbortSignal. */
export const signalSetting: Setting<AbortSignal | undefined, AbortSignal, false> =
  setting.custom<AbortSignal>({
    optional: true,
    expected: 'an AbortSignal',
    check: (value) => (isSignal(value) ? value : undefined),
  });

/** A setting that takes a Deadline. */
export const deadlineSetting: Setting<Deadline | undefined, Deadline, false> =
  setting.custom<Deadline>({
    optional: true,
    expected: 'a Deadline',
    check: (value) => (isDeadline(value) ? value : undefined),
  });

/** The table of {@link CallOptions}. */
const callSettings: SettingsTable<CallSettings, CallOptions> = {
  signal: signalSetting,
  totalMs: setting.durationMs({ optional: true, min: 0 }),
  timeout: setting.alias<number>('totalMs'),
  deadline: deadlineSetting,
  attemptMs: setting.durationMs({ optional: true }),
  idleMs: setting.durationMs({ optional: true }),
  headers: setting.custom<Readonly<Record<string, string>>>({
    optional: true,
    expected: HEADERS_EXPECTED,
    check: checkHeaders,
  }),
  acceptStatus: setting.callback<(status: number) => boolean>({ optional: true }),
  retry: setting.custom<RetryOptions | false>({
    optional: true,
    expected: 'an object or false',
    // As it was given: what is left out is as the client has it, and not as a default would be.
    check: (value, report) =>
      retryGroup.read(value, report) === undefined ? undefined : (value as RetryOptions | false),
  }),
};

/** A call without options of its own. */
export const NO_CALL_OPTIONS: CallSettings = Object.freeze({
  signal: undefined,
  totalMs: undefined,
  deadline: undefined,
  attemptMs: undefined,
  idleMs: undefined,
  headers: undefined,
  acceptStatus: undefined,
  retry: undefined,
});

const quickTable: SettingsEntries = callSettings;

/**
 * Checks the options of one call. It is made for few options at a time: only what is given is
 * looked at. What is not right is looked at again, to tell all of it.
 *
 * @throws ConfigurationError with every problem.
 */
export function readCallOptions(options: CallOptions | undefined, subject: string): CallSettings {
  if (options === undefined) return NO_CALL_OPTIONS;
  const settings: Record<string, unknown> = { ...NO_CALL_OPTIONS };
  let problems = 0;
  const countProblem = (): void => {
    problems += 1;
  };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const known = Object.hasOwn(settings, name) ? quickTable[name] : undefined;
    settings[name] = known?.read(value, countProblem);
    if (settings[name] === undefined || problems > 0) {
      return parseSettings(subject, callSettings, options);
    }
  }
  return settings as unknown as CallSettings;
}

/** {@link StreamOptions}, checked; what is absent is as the client has it. */
export interface StreamSettings extends CallSettings {
  readonly dialect: AnyDialect;
  readonly firstEventMs: number | undefined;
  readonly eventIdleMs: number | undefined;
  readonly limits: DecodeLimits | undefined;
  readonly resume: ResumeSettings | false | undefined;
}

/** {@link OpenOptions}, checked. */
export interface OpenSettings extends CallSettings {
  readonly highWaterBytes: number;
  readonly highWaterMessages: number;
}

/** The table of {@link OpenOptions}. */
export const openSettings: SettingsTable<OpenSettings, OpenOptions> = {
  ...callSettings,
  highWaterBytes: setting.integer({ default: 1024 * 1024, min: 1 }),
  highWaterMessages: setting.integer({ default: 1024, min: 1 }),
};

type AnyDialect = Dialect<unknown, unknown>;

const limit = setting.integer({ optional: true, min: 1 });

/** The table of {@link StreamOptions}. */
export const streamSettings: SettingsTable<StreamSettings, StreamOptions<unknown, unknown>> = {
  ...callSettings,
  dialect: setting.custom<AnyDialect>({
    expected: 'a dialect, such as openaiChat of @linkspan/dialects',
    check: (value) => (isDialect(value) ? value : undefined),
  }),
  firstEventMs: setting.durationMs({ optional: true }),
  eventIdleMs: setting.durationMs({ optional: true }),
  limits: setting.group(
    { maxLineBytes: limit, maxEventBytes: limit, maxStreamBytes: limit },
    { optional: true },
  ) as never,
  resume: resumeSetting,
};

function isSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null | undefined;
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function';
}

function isDeadline(value: unknown): value is Deadline {
  const deadline = value as Partial<Deadline> | null | undefined;
  return typeof deadline?.at === 'number' && typeof deadline.clock === 'object';
}

function isDialect(value: unknown): value is AnyDialect {
  const dialect = value as Partial<AnyDialect> | null | undefined;
  return typeof dialect?.decode === 'function' && typeof dialect.read === 'function';
}
