import type { RowKind } from '../input/row.ts';

/** What every line of the output says, whatever became of its row. */
export interface AnswerFacts {
  /** The id of the row. */
  readonly id: string;
  readonly kind: RowKind;
  readonly status: 'ok' | 'failed';
  /** How many requests were sent for the row, the first one included. */
  readonly attempts: number;
  /** Why it was sent again, once for each retry: the codes of the failures. */
  readonly retries: readonly string[];
  /** From the first attempt to the end of the last one, the waits between them included. */
  readonly durationMs: number;
  /** From the start of the last attempt to its first event; streams only. */
  readonly timeToFirstEventMs?: number;
  /** Tokens, where the upstream tells them. */
  readonly usage?: TokenUsage;
  /** Who answered: the origin of the base URL, or `rehearsal` for the embedded upstreams. */
  readonly upstream: string;
  /** Why the fallback was asked, and is the `upstream`: the code of the failure of the row's own. */
  readonly fallback?: string;
  /** What was asked: the row's `requestHash`. */
  readonly requestHash: string;
  /** When the line was written, ISO 8601. */
  readonly finishedAt: string;
}

/** Tokens of one row, over all its turns. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A call that a model asks for; `arguments` is JSON text as the model wrote it. */
export interface AnswerToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What came back, by the kind of row. */
export interface AnswerContent {
  /** `json` rows: the status of the answer. */
  readonly httpStatus?: number;
  /** `json` rows: the decoded body; `web-socket` rows: what the call gave. */
  readonly json?: unknown;
  /** Rows to models and agents: the whole text; of a conversation the last one. */
  readonly text?: string;
  readonly toolCalls?: readonly AnswerToolCall[];
  /** The upstream's own word: `stop`, `length`, `tool_calls`. */
  readonly finishReason?: string;
  /** `agent` rows: the conversation, prompts and answers in turn. */
  readonly messages?: readonly AgentMessage[];
}

/** One side of a conversation with an agent. */
export interface AgentMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Why a row has no answer: the facts of the last failure, without secrets. */
export interface AnswerError {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly [fact: string]: unknown;
}

/** One line of the output. */
export type Answer = AnswerFacts &
  (
    | { readonly status: 'ok'; readonly answer: AnswerContent }
    | { readonly status: 'failed'; readonly error: AnswerError }
  );

/** What is kept in memory of a line: all but the answer itself. */
export type AnswerRecord = AnswerFacts & { readonly error?: AnswerError };

/** The record of an answer. */
export function recordOf(answer: Answer | AnswerRecord): AnswerRecord {
  const { answer: _content, ...record } = answer as AnswerRecord & { answer?: AnswerContent };
  return record;
}

/**
 * Reads a line of the output.
 *
 * @returns the record, or what is wrong with the line.
 */
export function parseAnswer(line: string): AnswerRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'not an object';
  const record = value as Partial<AnswerRecord>;
  if (typeof record.id !== 'string') return 'no "id"';
  if (record.status !== 'ok' && record.status !== 'failed') return 'no "status" of ok or failed';
  for (const name of ['kind', 'upstream', 'requestHash'] as const) {
    if (typeof record[name] !== 'string') return `no "${name}"`;
  }
  for (const name of ['attempts', 'durationMs'] as const) {
    if (typeof record[name] !== 'number') return `no "${name}"`;
  }
  if (!Array.isArray(record.retries)) return 'no "retries"';
  return recordOf(record as AnswerRecord);
}
