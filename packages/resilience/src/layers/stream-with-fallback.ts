import { parseSettings, setting } from '@linkspan/core';
import { FallbackStream, type RestartRule } from './fallback-stream.ts';
import type { OpenedStream } from './opened-stream.ts';
import { TriedWays } from './tried-ways.ts';
import type { Way, WayOptions } from './way-options.ts';

/** When another way to a stream is taken, and how long all of them may take. */
export interface StreamWayOptions extends WayOptions {
  /**
   * Whether a stream of which something was handed over may start over on another way: its reader then
   * gets all the events of that way, from its first, behind those that `onFallback` says are void.
   * `true` for failures that another way is taken for, or a function that says for which of them.
   * @default false: what breaks behind its first event fails
   */
  readonly restart?: RestartRule | undefined;
}

const restartSetting = setting.custom<RestartRule>({
  default: false,
  env: false,
  expected: 'a boolean or a function',
  check: (value) =>
    typeof value === 'boolean' || typeof value === 'function' ? (value as RestartRule) : undefined,
});

/**
 * Gets a stream of events from the first of several ways that comes to its end. When one fails before
 * its first event, the next is taken, and the reader notices nothing; behind the first event only with
 * `restart`, and `onFallback` tells of it before the first event of the next way is handed over.
 *
 * ```ts
 * const stream = streamWithFallback([
 *   (limits) => openai.stream({ messages }, limits),
 *   (limits) => anthropic.stream({ messages }, limits),
 *   () => streamOf([{ type: 'text', text: 'Try again later' }], { text: 'Try again later' }),
 * ]);
 * for await (const event of stream) show(event);
 * ```
 *
 * A way opens a stream: that of a client (`client.stream()`), or anything of its kind. Nothing is sent
 * before the first event is asked for. The deadline and the signal span all ways, and hold for one that
 * does not heed them, too. Result and outcome are those of the way that was taken last; what that failed
 * with tells in its message of those before, its `attempts` count theirs.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function streamWithFallback<Event, Final>(
  ways: readonly Way<OpenedStream<Event, Final>>[],
  options: StreamWayOptions = {},
): FallbackStream<Event, Final> {
  const { restart: given, ...rest } = options;
  const subject = 'streamWithFallback()';
  const { restart } = parseSettings(subject, { restart: restartSetting }, { restart: given });
  const tried = new TriedWays(subject, ways, rest, {
    phase: 'body',
    sent: 'maybe',
    missed: 'the stream did not end',
  });
  return new FallbackStream(tried, restart);
}
