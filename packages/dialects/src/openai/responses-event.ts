/**
 * The events of a streamed response of OpenAI's Responses API, told apart by `type`. Fields that are
 * not named here are passed on as sent, and so are events of other types: a `switch` needs a
 * `default`. What fails a stream (`error`, `response.failed`) is thrown, and is no event.
 */
export type ResponsesEvent =
  | StatusEvent
  | ItemEvent
  | PartEvent
  | TextEvent
  | ReasoningEvent
  | ToolEvent
  | HostedToolEvent
  | AudioEvent;

/** What every event may have. */
interface Numbered {
  /** Rises by one from event to event. */
  readonly sequence_number?: number;
}

/** What every event about one item of the output has. */
interface ItemPlace extends Numbered {
  readonly output_index: number;
  readonly item_id?: string;
}

/** The state of the whole response. The last two end the stream. */
interface StatusEvent extends Numbered {
  readonly type:
    | 'response.created'
    | 'response.queued'
    | 'response.in_progress'
    | 'response.completed'
    | 'response.incomplete';
  readonly response: ResponsesResponse;
}

interface ItemEvent extends ItemPlace {
  readonly type: 'response.output_item.added' | 'response.output_item.done';
  readonly item: ResponsesItem;
}

type PartEvent =
  | (ItemPlace & {
      readonly type: 'response.content_part.added' | 'response.content_part.done';
      readonly content_index: number;
      readonly part: ResponsesContent;
    })
  | (ItemPlace & {
      readonly type:
        | 'response.reasoning_summary_part.added'
        | 'response.reasoning_summary_part.done';
      readonly summary_index: number;
      readonly part: { readonly type: string; readonly text: string };
    })
  | (ItemPlace & {
      readonly type: 'response.output_text.annotation.added';
      readonly content_index: number;
      readonly annotation_index: number;
      readonly annotation: unknown;
    });

type TextEvent =
  | (ItemPlace & {
      readonly type: 'response.output_text.delta' | 'response.refusal.delta';
      readonly content_index: number;
      readonly delta: string;
    })
  | (ItemPlace & {
      readonly type: 'response.output_text.done';
      readonly content_index: number;
      readonly text: string;
    })
  | (ItemPlace & {
      readonly type: 'response.refusal.done';
      readonly content_index: number;
      readonly refusal: string;
    });

type ReasoningEvent =
  | (ItemPlace & {
      readonly type: 'response.reasoning_text.delta';
      readonly content_index: number;
      readonly delta: string;
    })
  | (ItemPlace & {
      readonly type: 'response.reasoning_text.done';
      readonly content_index: number;
      readonly text: string;
    })
  | (ItemPlace & {
      readonly type: 'response.reasoning_summary_text.delta';
      readonly summary_index: number;
      readonly delta: string;
    })
  | (ItemPlace & {
      readonly type: 'response.reasoning_summary_text.done';
      readonly summary_index: number;
      readonly text: string;
    });

/** The arguments of a call, in pieces and whole. */
type ToolEvent =
  | (ItemPlace & {
      readonly type:
        | 'response.function_call_arguments.delta'
        | 'response.mcp_call_arguments.delta'
        | 'response.custom_tool_call_input.delta'
        | 'response.code_interpreter_call_code.delta';
      readonly delta: string;
    })
  | (ItemPlace & {
      readonly type: 'response.function_call_arguments.done' | 'response.mcp_call_arguments.done';
      readonly arguments: string;
    })
  | (ItemPlace & {
      readonly type: 'response.custom_tool_call_input.done';
      readonly input: string;
    })
  | (ItemPlace & {
      readonly type: 'response.code_interpreter_call_code.done';
      readonly code: string;
    });

/** How a tool that the provider runs itself gets on. */
type HostedToolEvent =
  | (ItemPlace & {
      readonly type:
        | `response.web_search_call.${'in_progress' | 'searching' | 'completed'}`
        | `response.file_search_call.${'in_progress' | 'searching' | 'completed'}`
        | `response.code_interpreter_call.${'in_progress' | 'interpreting' | 'completed'}`
        | `response.image_generation_call.${'in_progress' | 'generating' | 'completed'}`
        | `response.mcp_call.${'in_progress' | 'completed' | 'failed'}`
        | `response.mcp_list_tools.${'in_progress' | 'completed' | 'failed'}`;
    })
  | (ItemPlace & {
      readonly type: 'response.image_generation_call.partial_image';
      readonly partial_image_b64: string;
      readonly partial_image_index: number;
    });

type AudioEvent =
  | (Numbered & {
      readonly type: 'response.audio.delta' | 'response.audio.transcript.delta';
      readonly delta: string;
    })
  | (Numbered & {
      readonly type: 'response.audio.done' | 'response.audio.transcript.done';
    });

/** A response as it stands. */
export interface ResponsesResponse {
  readonly id: string;
  /** `'completed'`, `'incomplete'`, `'in_progress'`, `'queued'`, `'failed'`, `'cancelled'`. */
  readonly status?: string;
  readonly model?: string;
  /** Whether the provider works on without this stream. */
  readonly background?: boolean | null;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly output?: readonly ResponsesItem[];
  readonly usage?: ResponsesUsage | null;
}

/** An item of the output: a message, a call, a thought. Its `type` says which fields it has. */
export interface ResponsesItem {
  readonly type: string;
  readonly id?: string;
  /** `'in_progress'`, `'completed'`, `'incomplete'`. */
  readonly status?: string;
  /** Of a `message`, or of `reasoning` where the model shows it. */
  readonly content?: readonly ResponsesContent[] | null;
  /** Of `reasoning`. */
  readonly summary?: readonly { readonly type: string; readonly text: string }[];
  /** What the answer to a call refers to. */
  readonly call_id?: string | null;
  readonly name?: string;
  /** Of a `function_call`, JSON. */
  readonly arguments?: unknown;
  /** Of a `custom_tool_call`, any text. */
  readonly input?: string;
}

/** A part of an item. */
export interface ResponsesContent {
  /** `'output_text'`, `'reasoning_text'`, `'refusal'`. */
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly annotations?: readonly unknown[];
}

/** What a response used, in tokens. */
export interface ResponsesUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly total_tokens?: number;
  readonly input_tokens_details?: {
    readonly cached_tokens?: number;
    readonly cache_write_tokens?: number;
  } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
}
