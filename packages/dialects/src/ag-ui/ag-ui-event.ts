import type { AgUiContentPart, AgUiMessage } from './ag-ui-message.ts';

interface Base<Type extends string> {
  readonly type: Type;
  /** When it was made; milliseconds since 1970 by custom. */
  readonly timestamp?: number;
  /** The event of the agent's framework that this one was made of. */
  readonly rawEvent?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

interface OfAgent<Type extends string> extends Base<Type> {
  /** The run of the subagent that it belongs to; absent for the agent itself. */
  readonly subagentRunId?: string;
}

interface OfMessage<Type extends string> extends OfAgent<Type> {
  readonly messageId: string;
}

interface OfToolCall<Type extends string> extends OfAgent<Type> {
  readonly toolCallId: string;
}

/** Who a streamed message is from; the agent where it is not told. */
export type AgUiTextRole = 'developer' | 'system' | 'assistant' | 'user';

/** Tokens of one model of one provider. */
export interface AgUiTokenUsage {
  readonly provider?: string;
  readonly model?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly reasoningTokens?: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
}

/** What a run waits for: the next run answers it in its `resume`. */
export interface AgUiInterrupt {
  readonly id: string;
  readonly reason: string;
  readonly message?: string;
  readonly toolCallId?: string;
  /** A JSON Schema of the answer. */
  readonly responseSchema?: Readonly<Record<string, unknown>>;
  readonly expiresAt?: string;
  readonly subagentRunId?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** How a run ended that did not fail. */
export type AgUiRunOutcome =
  | { readonly type: 'success'; readonly pendingToolCallIds?: readonly string[] }
  | { readonly type: 'interrupt'; readonly interrupts: readonly AgUiInterrupt[] }
  | { readonly type: 'cancelled' };

/** The end of a run that did not fail. */
export interface AgUiRunFinished extends Base<'RUN_FINISHED'> {
  readonly threadId: string;
  readonly runId: string;
  /** What the run gives back. */
  readonly result?: unknown;
  /** Absent, or `null` from older servers, where the run succeeded, or where nobody tells. */
  readonly outcome?: AgUiRunOutcome | null;
  readonly usage?: readonly AgUiTokenUsage[];
}

/**
 * One event of AG-UI, 1.0 and before: a union that `type` tells apart. Events and fields that are not
 * named here, from a newer server, are passed on as sent.
 */
export type AgUiEvent =
  | (Base<'RUN_STARTED'> & {
      readonly threadId: string;
      readonly runId: string;
      readonly parentRunId?: string;
      readonly protocolVersion?: string;
      readonly input?: unknown;
    })
  | AgUiRunFinished
  | (Base<'RUN_ERROR'> & {
      readonly message: string;
      readonly code?: string;
      readonly usage?: readonly AgUiTokenUsage[];
    })
  | (OfAgent<'STEP_STARTED'> & { readonly stepName: string })
  | (OfAgent<'STEP_FINISHED'> & { readonly stepName: string })
  | (OfMessage<'TEXT_MESSAGE_START'> & { readonly role?: AgUiTextRole; readonly name?: string })
  | (OfMessage<'TEXT_MESSAGE_CONTENT'> & { readonly delta: string })
  | OfMessage<'TEXT_MESSAGE_END'>
  /** A start, a piece and the end in one; without an id it goes on with the message before it. */
  | (OfAgent<'TEXT_MESSAGE_CHUNK'> & {
      readonly messageId?: string;
      readonly role?: AgUiTextRole;
      readonly name?: string;
      readonly delta?: string;
    })
  | (OfToolCall<'TOOL_CALL_START'> & {
      readonly toolCallName: string;
      readonly parentMessageId?: string;
    })
  | (OfToolCall<'TOOL_CALL_ARGS'> & { readonly delta: string })
  | OfToolCall<'TOOL_CALL_END'>
  | (OfAgent<'TOOL_CALL_CHUNK'> & {
      readonly toolCallId?: string;
      readonly toolCallName?: string;
      readonly parentMessageId?: string;
      readonly delta?: string;
    })
  | (OfToolCall<'TOOL_CALL_RESULT'> & {
      readonly messageId: string;
      readonly content: string | readonly AgUiContentPart[];
      readonly role?: 'tool';
    })
  | OfMessage<'REASONING_START'>
  | (OfMessage<'REASONING_MESSAGE_START'> & { readonly role: 'reasoning' })
  | (OfMessage<'REASONING_MESSAGE_CONTENT'> & { readonly delta: string })
  | OfMessage<'REASONING_MESSAGE_END'>
  | (OfAgent<'REASONING_MESSAGE_CHUNK'> & { readonly messageId?: string; readonly delta?: string })
  | OfMessage<'REASONING_END'>
  | (OfAgent<'REASONING_ENCRYPTED_VALUE'> & {
      readonly subtype: 'message' | 'tool-call';
      readonly entityId: string;
      readonly encryptedValue: string;
    })
  /** The names that reasoning had up to 0.0.45. */
  | (Base<'THINKING_START'> & { readonly title?: string })
  | Base<'THINKING_TEXT_MESSAGE_START'>
  | (Base<'THINKING_TEXT_MESSAGE_CONTENT'> & { readonly delta: string })
  | Base<'THINKING_TEXT_MESSAGE_END'>
  | Base<'THINKING_END'>
  | (OfAgent<'STATE_SNAPSHOT'> & { readonly snapshot: unknown })
  /** A JSON Patch (RFC 6902) of the state. */
  | (OfAgent<'STATE_DELTA'> & { readonly delta: readonly unknown[] })
  | (Base<'MESSAGES_SNAPSHOT'> & { readonly messages: readonly AgUiMessage[] })
  | (OfMessage<'ACTIVITY_SNAPSHOT'> & {
      readonly activityType: string;
      readonly content: Readonly<Record<string, unknown>>;
      readonly replace?: boolean;
    })
  | (OfMessage<'ACTIVITY_DELTA'> & {
      readonly activityType: string;
      readonly patch: readonly unknown[];
    })
  | (Base<'SUBAGENT_STARTED'> & {
      readonly subagentRunId: string;
      readonly name: string;
      readonly description?: string;
      readonly parentSubagentRunId?: string;
      readonly parentToolCallId?: string;
      readonly parentMessageId?: string;
    })
  | (Base<'SUBAGENT_FINISHED'> & {
      readonly subagentRunId: string;
      readonly result?: unknown;
      readonly outcome?: { readonly type: 'success' | 'suspended' };
    })
  /** A subagent failed; the run may go on without it. */
  | (Base<'SUBAGENT_ERROR'> & {
      readonly subagentRunId: string;
      readonly message: string;
      readonly code?: string;
    })
  | (OfAgent<'RAW'> & { readonly event: unknown; readonly source?: string })
  | (OfAgent<'CUSTOM'> & { readonly name: string; readonly value: unknown });
