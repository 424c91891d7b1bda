import type { Deadline } from '@linkspan/concurrency';
import { clientSettings, setting, type SettingsTable } from '@linkspan/core';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionSettings,
} from '../connect/connection-options.ts';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { MessageForm } from './read-message.ts';
import {
  type ReconnectOptions,
  type ReconnectSettings,
  reconnectSetting,
} from './reconnect-options.ts';
import {
  type SessionClientOptions,
  type SessionClientSettings,
  sessionSetting,
} from '../session/session-options.ts';
import type { WebSocketStatus } from './web-socket-client.ts';

/** What {@link connectWebSocket} takes. Durations are milliseconds. */
export interface ConnectWebSocketOptions extends ConnectionOptions {
  /**
   * What messages are read as. `'auto'` gives the value of a text message that is JSON, and the text
   * of one that is not: `hello` is a string, and `42` a number. `'json'` refuses text that is not
   * JSON. `'text'` leaves text as it is. Binary messages are `Uint8Array`s always.
   *
   * @default 'auto'
   */
  readonly messages?: MessageForm | undefined;
  /** Checks each message, of any library that keeps the Standard Schema, and gives what it makes of it. */
  readonly schema?: StandardSchemaV1 | undefined;
  /**
   * Told of each message that is not JSON where it has to be, or does not fit the schema; the
   * message is skipped. Without it, iterating throws the error, and the connection is closed with
   * 1007. What it throws, iterating throws.
   */
  readonly onInvalid?: ((error: unknown) => void) | undefined;
  /** Whether, and how, a connection that breaks is made again: `true` for the defaults. @default false */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /**
   * Whether messages are numbered, kept until the reader of the peer has got them, and sent again on
   * the next connection, so that each comes once (`linkspan.session.v1`, see docs/session-protocol.md).
   * The server has to speak it: `acceptSessions()`. A connection that breaks is made again, as
   * `reconnect` says, or as it does by default. @default false
   */
  readonly session?: boolean | SessionClientOptions | undefined;
  /** Told of every change of `status`. What it throws is reported as a warning and changes nothing. */
  readonly onStatus?: ((status: WebSocketStatus) => void) | undefined;
  /** Breaks the connection off when it aborts: everything that waits rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, from the first attempt to connect until it is closed. @default Infinity */
  readonly totalMs?: number | undefined;
  /** Another name for `totalMs`. */
  readonly timeout?: number | undefined;
  /** The deadline of what the connection is part of; the earlier of the two holds. */
  readonly deadline?: Deadline | undefined;
  /** How long the reader may wait for a message. @default Infinity */
  readonly idleMs?: number | undefined;
  /** How many messages may wait to be sent while there is no connection. @default 1_024 */
  readonly highWaterMessages?: number | undefined;
  /** Gives a number from 0 up to 1, for the waits between attempts. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** {@link ConnectWebSocketOptions}, checked, with defaults. */
export interface ConnectWebSocketSettings extends ConnectionSettings {
  readonly messages: MessageForm;
  readonly schema: StandardSchemaV1 | undefined;
  readonly onInvalid: ((error: unknown) => void) | undefined;
  readonly reconnect: ReconnectSettings | false;
  readonly session: SessionClientSettings | false;
  readonly onStatus: ((status: WebSocketStatus) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly totalMs: number;
  readonly deadline: Deadline | undefined;
  readonly idleMs: number;
  readonly highWaterMessages: number;
  readonly random: () => number;
}

/** The table of {@link ConnectWebSocketOptions}. */
export const connectWebSocketSettings: SettingsTable<
  ConnectWebSocketSettings,
  ConnectWebSocketOptions
> = {
  ...connectionSettings,
  messages: setting.choice(['auto', 'json', 'text'], { default: 'auto' }),
  schema: setting.custom<StandardSchemaV1>({
    optional: true,
    expected: 'a Standard Schema',
    check: (value) => (isSchema(value) ? value : undefined),
  }),
  onInvalid: setting.callback<(error: unknown) => void>({ optional: true }),
  reconnect: reconnectSetting,
  session: sessionSetting,
  onStatus: setting.callback<(status: WebSocketStatus) => void>({ optional: true }),
  signal: setting.custom<AbortSignal>({
    optional: true,
    expected: 'an AbortSignal',
    check: (value) => (isSignal(value) ? value : undefined),
  }),
  totalMs: setting.durationMs({ default: Infinity, min: 0 }),
  timeout: setting.alias<number>('totalMs'),
  deadline: setting.custom<Deadline>({
    optional: true,
    expected: 'a Deadline',
    check: (value) => (isDeadline(value) ? value : undefined),
  }),
  idleMs: setting.durationMs({ default: Infinity }),
  highWaterMessages: setting.integer({ default: 1024, min: 1 }),
  random: clientSettings.random,
};

function isSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null | undefined;
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function';
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  const schema = value as Partial<StandardSchemaV1> | null | undefined;
  return typeof schema?.['~standard']?.validate === 'function';
}

function isDeadline(value: unknown): value is Deadline {
  const deadline = value as Partial<Deadline> | null | undefined;
  return typeof deadline?.at === 'number' && typeof deadline.clock === 'object';
}
