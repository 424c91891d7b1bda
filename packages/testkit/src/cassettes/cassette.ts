import type { Capabilities, Phase, Retryable, Sent } from '@linkspan/core';

/** The version of the format that is written; what is read has to be of the same. */
export const CASSETTE_VERSION = 1;

/** Calls and what came of them, as plain JSON without secrets: to be kept beside the tests. */
export interface Cassette {
  readonly format: 'linkspan-cassette';
  readonly version: typeof CASSETTE_VERSION;
  /** The transport that was recorded. */
  readonly transport: { readonly name: string; readonly capabilities: Capabilities };
  /** In the order in which the calls were begun. */
  readonly exchanges: readonly Exchange[];
}

/** One call. A retry is a call of its own. */
export interface Exchange {
  readonly request: RecordedRequest;
  readonly result: RecordedResult;
}

/** What was asked. */
export interface RecordedRequest {
  readonly operation: string;
  /** Without userinfo, and without the values of a query that look secret. */
  readonly target: string;
  /** Names in lower case; the values of harmless ones, `[redacted]` for all others. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: RecordedPayload;
  readonly idempotent?: boolean;
}

/** What a request carried: JSON where it is JSON, text where it is UTF-8, base64 otherwise. */
export type RecordedPayload = RecordedContent & {
  /** It was a stream. */
  readonly streamed?: true;
  /** Only its start is here: it was larger than `maxBodyBytes`. */
  readonly truncated?: true;
};

export type RecordedContent =
  | { readonly json: unknown }
  | RecordedBytes
  /** A value that is not JSON; why it is not. Any value matches it. */
  | { readonly unreadable: string };

/** Bytes as text where they are UTF-8, as base64 otherwise. */
export type RecordedBytes = { readonly text: string } | { readonly base64: string };

/** What came of a call. */
export type RecordedResult =
  | RecordedAnswer
  /** It failed before there was the head of an answer. */
  | { readonly kind: 'failure'; readonly error: RecordedFailure; readonly afterMs?: number }
  /** The caller left, or the recording was taken, before there was the head of an answer. */
  | { readonly kind: 'unanswered' };

/** The head of an answer, and its body as far as it was read. */
export interface RecordedAnswer {
  readonly kind: 'answer';
  readonly status?: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** How long the head took, where times were recorded. */
  readonly afterMs?: number;
  readonly chunks: readonly RecordedChunk[];
  readonly end: RecordedEnd;
}

/** A chunk of a body, and how long after the one before it came, where times were recorded. */
export type RecordedChunk = RecordedBytes & { readonly afterMs?: number };

/** How a body ended. */
export type RecordedEnd =
  | { readonly how: 'complete' }
  | { readonly how: 'failed'; readonly error: RecordedFailure }
  /** Its reader left, or had not come to its end when the recording was taken. */
  | { readonly how: 'left' }
  /** It was larger than `maxBodyBytes`; what came after is not recorded. */
  | { readonly how: 'truncated'; readonly maxBodyBytes: number };

/** A failure by its facts. A number that has no end is written as text: JSON has none. */
export interface RecordedFailure {
  /** `'ConnectionResetError'`: the class of `@linkspan/core` that is made again. */
  readonly class: string;
  readonly message: string;
  readonly code: string;
  readonly phase?: Phase;
  readonly retryable: Retryable;
  readonly sent: Sent;
  readonly retryAfterMs?: number | 'Infinity';
  readonly requestId?: string;
  readonly transport?: string;
  /** Which clock ran out, its limit, and how long it took. */
  readonly clock?: string;
  readonly limitMs?: number | 'Infinity';
  readonly elapsedMs?: number | 'Infinity';
  /** Of a status that is a failure. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}
