/**
 * The events of a streamed message of Anthropic's Messages API, told apart by `type`. Fields that
 * are not named here are passed on as sent, and so are events, blocks and deltas of other types: a
 * `switch` needs a `default`. Pings are left out; an `error` event is thrown, and is no event.
 */
export type AnthropicEvent =
  | { readonly type: 'message_start'; readonly message: AnthropicMessage }
  | {
      readonly type: 'content_block_start';
      readonly index: number;
      readonly content_block: AnthropicBlock;
    }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: AnthropicDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta';
      readonly delta: AnthropicMessageEnd;
      readonly usage?: AnthropicUsage;
    }
  | { readonly type: 'message_stop' };

/** The message as it begins: without content. */
export interface AnthropicMessage {
  readonly id: string;
  readonly model: string;
  readonly role: string;
  readonly usage?: AnthropicUsage;
}

/** A block of content as it begins; what it holds mostly comes in its deltas. */
export type AnthropicBlock =
  | { readonly type: 'text'; readonly text: string; readonly citations?: readonly unknown[] | null }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature?: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | AnthropicToolUse
  | AnthropicToolResult;

/** A call: `tool_use` is the caller's to answer, the other tools are run by the provider. */
export interface AnthropicToolUse {
  readonly type: 'tool_use' | 'server_tool_use' | 'mcp_tool_use';
  readonly id: string;
  readonly name: string;
  /** Whole, or empty, and then in `input_json_delta`. */
  readonly input: unknown;
  /** Of an `mcp_tool_use`. */
  readonly server_name?: string;
}

/** What a tool answered that the provider ran. */
export interface AnthropicToolResult {
  readonly type:
    | 'web_search_tool_result'
    | 'web_fetch_tool_result'
    | 'code_execution_tool_result'
    | 'bash_code_execution_tool_result'
    | 'text_editor_code_execution_tool_result'
    | 'tool_search_tool_result'
    | 'advisor_tool_result'
    | 'mcp_tool_result';
  readonly tool_use_id: string;
  readonly content: unknown;
}

/** A piece of a block. */
export type AnthropicDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'input_json_delta'; readonly partial_json: string }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'citations_delta'; readonly citation: unknown };

/** How the message ends. */
export interface AnthropicMessageEnd {
  /**
   * `'end_turn'`, `'max_tokens'`, `'stop_sequence'`, `'tool_use'`, `'pause_turn'`, `'refusal'`,
   * `'model_context_window_exceeded'`, or a newer word.
   */
  readonly stop_reason: string | null;
  readonly stop_sequence?: string | null;
  /** Why the model refused. */
  readonly stop_details?: {
    readonly type: string;
    readonly category?: string | null;
    readonly explanation?: string | null;
  } | null;
}

/** What the message used so far, in tokens: each time the whole, not what was added. */
export interface AnthropicUsage {
  /** Without what was read from a cache or written to it. */
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null;
}
