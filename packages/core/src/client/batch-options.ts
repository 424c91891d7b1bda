import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';
import { type CallOptions, signalSetting } from './call-options.ts';
import type { ClientResponse } from './client-response.ts';

/** How a batch is worked through. */
export interface BatchStreamOptions<Value = ClientResponse> {
  /** How many calls are under way at the same time. @default 10 */
  readonly concurrency?: number | undefined;
  /** How long the whole batch may take. What is late is `cancelled` or `not-started`. @default Infinity */
  readonly totalMs?: number | undefined;
  /** When it aborts, so do the calls under way, and the batch rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Options for every request; what a request says itself wins. */
  readonly defaults?: CallOptions | undefined;
  /**
   * Makes the value of an answer, in its slot: until it resolves, no other call takes the place.
   * What it leaves unread is cancelled. @default the answer itself, its body read into memory
   */
  readonly read?: ((response: ClientResponse, index: number) => Value | Promise<Value>) | undefined;
}

/** How a batch is worked through, and what a failure does to it. */
export interface BatchOptions<Value = ClientResponse> extends BatchStreamOptions<Value> {
  /** `collect`: failures are results. `throw`: the first cancels the rest and is thrown. @default 'collect' */
  readonly onError?: 'collect' | 'throw' | undefined;
}

/** What came of one request of a batch. */
export type BatchResult<Value = ClientResponse> =
  | { readonly status: 'fulfilled'; readonly index: number; readonly value: Value }
  /** The call failed: with a `LinkspanError`, or with what `read` threw. */
  | { readonly status: 'rejected'; readonly index: number; readonly error: unknown }
  /** The call was under way when its own signal, or the end of the batch, ended it. */
  | { readonly status: 'cancelled'; readonly index: number; readonly reason: unknown }
  /** The batch was over before the call began: nothing was sent. */
  | { readonly status: 'not-started'; readonly index: number };

interface BatchStreamSettings {
  readonly concurrency: number;
  readonly totalMs: number;
  readonly signal: AbortSignal | undefined;
  readonly defaults: CallOptions | undefined;
  readonly read: ((response: ClientResponse, index: number) => unknown) | undefined;
}

interface BatchSettings extends BatchStreamSettings {
  readonly onError: 'collect' | 'throw';
}

/** The table of {@link BatchStreamOptions}. */
export const batchStreamSettings: SettingsTable<
  BatchStreamSettings,
  BatchStreamOptions<unknown>
> = {
  concurrency: setting.integer({ default: 10, min: 1, orInfinity: true }),
  totalMs: setting.durationMs({ default: Infinity, min: 0 }),
  signal: signalSetting,
  defaults: setting.custom<CallOptions>({
    optional: true,
    expected: 'an object of options of a call',
    check: (value) => (typeof value === 'object' && value !== null ? value : undefined),
  }),
  read: setting.callback<(response: ClientResponse, index: number) => unknown>({ optional: true }),
};

/** The table of {@link BatchOptions}. */
export const batchSettings: SettingsTable<BatchSettings, BatchOptions<unknown>> = {
  ...batchStreamSettings,
  onError: setting.choice(['collect', 'throw'], { default: 'collect' }),
};
