/** Where the bytes of a part are: inline, behind a URL, or with the provider of the model. */
export interface AgUiSource {
  readonly type: 'data' | 'url' | 'file';
  readonly value: string;
  readonly mimeType?: string;
  readonly provider?: string;
}

/** A part of what a user says, or of what a tool gives. */
export type AgUiContentPart =
  | { readonly type: 'text'; readonly text: string; readonly metadata?: unknown }
  | {
      readonly type: 'image' | 'audio' | 'video' | 'document';
      readonly source: AgUiSource;
      readonly metadata?: unknown;
    };

interface Base<Role extends string> {
  readonly id: string;
  readonly role: Role;
  readonly name?: string;
  /** What only the provider can read: it goes back with the message as it came. */
  readonly encryptedValue?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly subagentRunId?: string;
}

interface ToolCallOfMessage {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** One message of an AG-UI thread: a union that `role` tells apart. */
export type AgUiMessage =
  | (Base<'developer' | 'system' | 'reasoning'> & { readonly content: string })
  | (Base<'user'> & { readonly content: string | readonly AgUiContentPart[] })
  | (Base<'assistant'> & {
      readonly content?: string | null;
      readonly toolCalls?: readonly ToolCallOfMessage[] | null;
    })
  | (Base<'tool'> & {
      readonly content: string | readonly AgUiContentPart[];
      readonly toolCallId: string;
      readonly error?: string;
    })
  | (Base<'activity'> & {
      readonly activityType: string;
      readonly content: Readonly<Record<string, unknown>>;
    });
