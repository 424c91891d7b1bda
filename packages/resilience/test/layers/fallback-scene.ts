import { ConnectionResetError, ServerError } from '@linkspan/core';
import {
  type FallbackNotice,
  type OpenedStream,
  streamWithFallback,
  type StreamWayOptions,
  type Way,
} from '@linkspan/resilience';
import { ScriptedStream, type Step } from './scripted-stream.ts';

/** A way to a stream of text. */
export type StreamWay = Way<OpenedStream<string, string>>;

export const down = (): ServerError => new ServerError('Cannot answer: down', { status: 503 });
export const reset = (): ConnectionResetError =>
  new ConnectionResetError('Cannot read: reset', { phase: 'body' });
export const failWith = (error: unknown) => (): never => {
  throw error;
};
/** A way that is never open. */
export const never: StreamWay = () => new Promise(() => {});

/** A stream over scripts, and what it told and opened. */
export function open(
  scripts: readonly (readonly Step[] | StreamWay)[],
  options: StreamWayOptions = {},
) {
  const opened: ScriptedStream[] = [];
  const notices: FallbackNotice[] = [];
  const ways = scripts.map((script): StreamWay => {
    if (typeof script === 'function') return script;
    return async () => {
      const scripted = new ScriptedStream(...script);
      opened.push(scripted);
      return scripted;
    };
  });
  const onFallback = (notice: FallbackNotice): number => notices.push(notice);
  const stream = streamWithFallback(ways, { onFallback, ...options });
  return { stream, opened, notices };
}

/** Lets everything happen that only waits for its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- turn by turn
    await Promise.resolve();
  }
}
