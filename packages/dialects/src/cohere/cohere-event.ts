/**
 * The events of a streamed chat of Cohere's API, version 2, told apart by `type`. Fields that are
 * not named here are passed on as sent, and so are events of other types: a `switch` needs a
 * `default`.
 */
export type CohereEvent =
  | { readonly type: 'message-start'; readonly id?: string; readonly delta?: unknown }
  | {
      readonly type: 'content-start';
      readonly index: number;
      readonly delta: { readonly message: { readonly content: CohereContent } };
    }
  | {
      readonly type: 'content-delta';
      readonly index: number;
      readonly delta: { readonly message: { readonly content: Partial<CohereContent> } };
      readonly logprobs?: unknown;
    }
  | { readonly type: 'content-end'; readonly index: number }
  | {
      readonly type: 'tool-plan-delta';
      readonly delta: { readonly message: { readonly tool_plan: string } };
    }
  | {
      readonly type: 'tool-call-start' | 'tool-call-delta';
      readonly index: number;
      readonly delta: { readonly message: { readonly tool_calls: CohereToolCall } };
    }
  | { readonly type: 'tool-call-end'; readonly index: number }
  | {
      readonly type: 'citation-start';
      readonly index: number;
      readonly delta: { readonly message: { readonly citations: CohereCitation } };
    }
  | { readonly type: 'citation-end'; readonly index: number }
  | { readonly type: 'message-end'; readonly id?: string; readonly delta: CohereMessageEnd };

/** A piece of text, or of what the model thought. */
export interface CohereContent {
  /** `'text'` or `'thinking'`. */
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
}

/** A call as it begins, or a piece of its arguments. */
export interface CohereToolCall {
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

/** Which part of the text comes from where. */
export interface CohereCitation {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly sources: readonly unknown[];
}

/** How the message ends. */
export interface CohereMessageEnd {
  /** `'COMPLETE'`, `'STOP_SEQUENCE'`, `'MAX_TOKENS'`, `'TOOL_CALL'`. */
  readonly finish_reason?: string;
  readonly usage?: CohereUsage;
}

/** What a message used, in tokens. */
export interface CohereUsage {
  readonly tokens?: { readonly input_tokens?: number; readonly output_tokens?: number };
  readonly billed_units?: { readonly input_tokens?: number; readonly output_tokens?: number };
  readonly cached_tokens?: number;
}
