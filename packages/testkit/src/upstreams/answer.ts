import type { Timeline } from './timeline.ts';

/** Headers of an answer, by their lower-case names. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** An answer that comes at once. */
export interface ValueAnswer {
  readonly kind: 'value';
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Text as it is, anything else as JSON; nothing when it is `undefined`. */
  readonly body: unknown;
  /** How long it takes to come. */
  readonly delayMs?: number | undefined;
}

/** An answer that comes event by event. */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly headers: AnswerHeaders;
  readonly timeline: Timeline;
  /** The first of the events that are sent. @default 0 */
  readonly from?: number;
  /** Sent before the first event, and counted as one: the state from which the events go on. */
  readonly prelude?: string;
  /** Puts an event into the form of this request. @default as it is */
  readonly wrap?: (event: string) => string;
  /** How many events at the end say that it is complete: a cut comes before them. */
  readonly ending: number;
  /** The events by which it reports an error, and ends, in the place of the one at an index. */
  readonly failure: (index: number) => readonly string[];
}

/** What an upstream answers, as data: written by the server, or broken by a stumble on the way. */
export type Answer = ValueAnswer | StreamAnswer;

/** A JSON answer. */
export function jsonAnswer(
  status: number,
  body: unknown,
  headers: AnswerHeaders = {},
  delayMs?: number,
): ValueAnswer {
  const head = { 'content-type': 'application/json', ...headers };
  return { kind: 'value', status, headers: head, body, delayMs };
}

/** A server-sent event: its data as JSON, under a name where it has one. */
export function sseEvent(data: unknown, name?: string, id?: string): string {
  const lines = [
    ...(name === undefined ? [] : [`event: ${name}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    `data: ${typeof data === 'string' ? data : JSON.stringify(data)}`,
  ];
  return `${lines.join('\n')}\n\n`;
}
