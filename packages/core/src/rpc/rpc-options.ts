import { type Clock, type Deadline, systemClock } from '@linkspan/concurrency';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { deadlineSetting, signalSetting } from '../client/call-options.ts';
import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';
import {
  cancellationSetting,
  type RpcCancellation,
  type RpcCancellationName,
} from './cancellation.ts';
import type { RpcId, RpcParams } from './rpc-message.ts';

/** What a handler is told beside the parameters. */
export interface RpcHandlerContext {
  /** Aborts when the peer no longer wants the answer, and when the channel has ended. */
  readonly signal: AbortSignal;
  readonly method: string;
  /** The peer's name for the call; `undefined` in a notification. */
  readonly id: RpcId | undefined;
}

/**
 * Answers the calls of one method with what it returns, or with what it throws. The parameters are
 * what the peer sent: check them, with `validate()` for example.
 */
export type RpcHandler = (params: never, context: RpcHandlerContext) => unknown;

/** Something that came and fits nothing. */
export interface RpcStray {
  /**
   * `unknown-id`: an answer to what was never asked. `settled-id`: an answer to a call that has one,
   * or was given up. `no-id`: an error about a message of ours that the peer could not read.
   * `duplicate-id`: a call with the id of one that is under way.
   */
  readonly reason: 'unknown-id' | 'settled-id' | 'no-id' | 'duplicate-id';
  readonly id: unknown;
}

/** How a peer of JSON-RPC behaves. All times are in milliseconds. */
export interface RpcOptions {
  /** What the peer may call, by name. @default {} */
  readonly methods?: Readonly<Record<string, RpcHandler>> | undefined;
  /** Gets the notifications that no method has the name of. @default they are dropped */
  readonly onNotification?:
    | ((method: string, params: RpcParams | undefined, context: RpcHandlerContext) => unknown)
    | undefined;
  /**
   * Told what a handler threw that is no {@link RpcError}. The peer is told of an internal error,
   * and nothing more. @default a process warning
   */
  readonly onError?: ((error: unknown, context: RpcHandlerContext) => void) | undefined;
  /** Told of what came and fits nothing. It is dropped. */
  readonly onStray?: ((stray: RpcStray) => void) | undefined;
  /**
   * How the two sides tell one another that an answer is no longer wanted; `false` for not at all.
   * @default '$/cancelRequest'
   */
  readonly cancellation?: RpcCancellation | RpcCancellationName | false | undefined;
  /** How long a request may take. @default 60_000 */
  readonly totalMs?: number | undefined;
  /** Another name for `totalMs`. */
  readonly timeout?: number | undefined;
  /** How many requests may be under way; others wait their turn. @default 1_024 */
  readonly maxInFlight?: number | undefined;
  /** How many handlers may run at the same time. @default 100 */
  readonly maxHandlers?: number | undefined;
  /**
   * How many calls of the peer may wait for a handler, and stand in one batch. While so many wait,
   * nothing more is read, which slows the peer; but while a request of ours waits for its answer,
   * reading goes on, and calls above the limit are answered with the error -32000. @default 1_000
   */
  readonly maxWaiting?: number | undefined;
  /** Where all waits come from. @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** {@link RpcOptions}, checked and with defaults. */
export interface RpcSettings {
  readonly methods: Readonly<Record<string, RpcHandler>>;
  readonly onNotification: RpcOptions['onNotification'];
  readonly onError: RpcOptions['onError'];
  readonly onStray: RpcOptions['onStray'];
  readonly cancellation: RpcCancellation | false;
  readonly totalMs: number;
  readonly maxInFlight: number;
  readonly maxHandlers: number;
  readonly maxWaiting: number;
  readonly clock: Clock;
}

/** The table of {@link RpcOptions}. */
export const rpcSettings: SettingsTable<RpcSettings, RpcOptions> = {
  methods: setting.record(setting.callback<RpcHandler>(), { default: {}, env: false }),
  onNotification: setting.callback({ optional: true }) as never,
  onError: setting.callback({ optional: true }) as never,
  onStray: setting.callback({ optional: true }) as never,
  cancellation: cancellationSetting,
  totalMs: setting.durationMs({ default: 60_000 }),
  timeout: setting.alias<number>('totalMs'),
  maxInFlight: setting.integer({ default: 1_024, min: 1, orInfinity: true }),
  maxHandlers: setting.integer({ default: 100, min: 1, orInfinity: true }),
  maxWaiting: setting.integer({ default: 1_000, min: 1 }),
  clock: setting.custom<Clock>({
    default: systemClock,
    expected: 'a Clock',
    check: (value) =>
      typeof (value as Partial<Clock> | null)?.setTimeout === 'function'
        ? (value as Clock)
        : undefined,
  }),
};

/** What one request wants different. */
export interface RpcRequestOptions {
  /** The caller's will: when it aborts, the request rejects with `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
  /** How long the request may take, the wait for its turn included. */
  readonly totalMs?: number | undefined;
  /** The deadline of what the request is part of; the earlier of the two holds. */
  readonly deadline?: Deadline | undefined;
  /** Checks the result, and gives what the schema makes of it: of any Standard Schema library. */
  readonly schema?: StandardSchemaV1 | undefined;
}

/** {@link RpcRequestOptions}, checked. */
export interface RpcRequestSettings {
  readonly signal: AbortSignal | undefined;
  readonly totalMs: number | undefined;
  readonly deadline: Deadline | undefined;
  readonly schema: StandardSchemaV1 | undefined;
}

/** The table of {@link RpcRequestOptions}. */
export const rpcRequestSettings: SettingsTable<RpcRequestSettings, RpcRequestOptions> = {
  signal: signalSetting,
  totalMs: setting.durationMs({ optional: true, min: 0 }),
  deadline: deadlineSetting,
  schema: setting.custom<StandardSchemaV1>({
    optional: true,
    expected: 'a schema that keeps the Standard Schema',
    check: (value) =>
      (value as Partial<StandardSchemaV1> | null)?.['~standard'] === undefined
        ? undefined
        : (value as StandardSchemaV1),
  }),
};
