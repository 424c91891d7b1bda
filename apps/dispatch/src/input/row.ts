import type { ChatRequest } from 'linkspan';

/** A line of the input: one request to one kind of upstream. */
export type Row =
  | JsonRow
  | ChatRow
  | MessagesRow
  | AgentRow
  | UiAgentRow
  | WebSocketRow
  | SdkChatRow;

/** The kinds of upstream that rows are sent to. */
export type RowKind = Row['kind'];

/** Every kind of row, in the order of the report. */
export const rowKinds: readonly RowKind[] = [
  'json',
  'chat',
  'messages',
  'agent',
  'vercel-ui',
  'ag-ui',
  'web-socket',
  'openai-sdk',
  'anthropic-sdk',
];

interface RowFacts {
  /** Names the row in the output; every id is there once. */
  readonly id: string;
  /** What is sent, as sixteen hexadecimal digits: a row that was edited has another one. */
  readonly requestHash: string;
}

/** A request to a plain JSON API. */
export interface JsonRow extends RowFacts {
  readonly kind: 'json';
  /** In upper case; `POST` with a body, else `GET`. */
  readonly method: string;
  /** Under the base URL. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  /** Whether it may be sent twice when it is not known whether the first one was processed. */
  readonly idempotent?: boolean;
}

/** A request to an OpenAI-compatible chat completions endpoint. */
export interface ChatRow extends RowFacts {
  readonly kind: 'chat';
  /** The body of the request as the provider documents it: `model`, `messages`, `tools`, ... */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request to an Anthropic-compatible messages endpoint. */
export interface MessagesRow extends RowFacts {
  readonly kind: 'messages';
  /** The body of the request as the provider documents it: `model`, `max_tokens`, `messages`, ... */
  readonly body: Readonly<Record<string, unknown>>;
}

/** How an agent streams its answer; `none` for agents that answer all at once. */
export type AgentDialect = 'synapse' | 'ndjson' | 'none';

/** A conversation with an agent: the prompts are sent one after another, with the history. */
export interface AgentRow extends RowFacts {
  readonly kind: 'agent';
  readonly agent: string;
  readonly prompts: readonly string[];
  readonly dialect: AgentDialect;
}

/** A conversation with an agent behind its Vercel or AG-UI adapter, at the base URL itself. */
export interface UiAgentRow extends RowFacts {
  readonly kind: 'vercel-ui' | 'ag-ui';
  readonly prompts: readonly string[];
}

/** A call of JSON-RPC 2.0 over the WebSocket that all rows of this kind share. */
export interface WebSocketRow extends RowFacts {
  readonly kind: 'web-socket';
  /** The name of what is called. */
  readonly method: string;
  readonly params?: CallParams;
  /** Whether it may be sent twice when it is not known whether the first one was processed. */
  readonly idempotent?: boolean;
}

/** What a method is called with, by name or by place. */
export type CallParams = Readonly<Record<string, unknown>> | readonly unknown[];

/** A chat with a model through its provider's own SDK. */
export interface SdkChatRow extends RowFacts {
  readonly kind: 'openai-sdk' | 'anthropic-sdk';
  /** In the words of Linkspan, which are the same for both providers. */
  readonly chat: ChatRequest;
}
