import type { ToolCall } from '@linkspan/dialects';

/** Text, as a part of a message. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** An image: a URL that the provider fetches (or a `data:` URL), or the bytes themselves. */
export type ImagePart =
  | { readonly type: 'image'; readonly url: string }
  | {
      readonly type: 'image';
      readonly bytes: Uint8Array;
      /** `'image/png'` */
      readonly mediaType: string;
    };

/**
 * What a model thought before it answered. Anthropic wants it back with the results of tools, with
 * the signature that it came with; for other providers it is left out.
 */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly signature?: string;
  /** The thought in the form that only the provider can read, in the place of its text. */
  readonly redacted?: string;
}

/** What the user says. */
export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly (TextPart | ImagePart)[];
}

/** What the model said: `response.message` is one. */
export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string | readonly (TextPart | ReasoningPart)[];
  readonly toolCalls?: readonly ToolCall[];
}

/** What came of a call that the model asked for. */
export interface ToolMessage {
  readonly role: 'tool';
  /** The `id` of the call. */
  readonly toolCallId: string;
  /** Images only where the provider takes them: Anthropic does, OpenAI's chat completions do not. */
  readonly content: string | readonly (TextPart | ImagePart)[];
  /** The tool failed; the content says how. @default false */
  readonly isError?: boolean;
}

/** One turn of a conversation. */
export type ChatMessage = UserMessage | AssistantMessage | ToolMessage;
