/** What a provider says beside a part, by the name of the provider. */
export type VercelUiProviderMetadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface TextPiece<Type extends string> {
  readonly type: Type;
  /** Which of the texts under way it belongs to. */
  readonly id: string;
  readonly providerMetadata?: VercelUiProviderMetadata;
}

interface TextDelta<Type extends string> extends TextPiece<Type> {
  readonly delta: string;
}

interface ToolPart<Type extends string> {
  readonly type: Type;
  readonly toolCallId: string;
  /** Whether the provider of the model runs the tool. */
  readonly providerExecuted?: boolean;
  readonly providerMetadata?: VercelUiProviderMetadata;
  readonly toolMetadata?: Readonly<Record<string, unknown>>;
  /** Whether the tool was not known when the server was written. */
  readonly dynamic?: boolean;
}

interface ToolInputPart<Type extends string> extends ToolPart<Type> {
  readonly toolName: string;
  readonly title?: string;
}

interface FilePart<Type extends string> {
  readonly type: Type;
  /** Often a `data:` URL. */
  readonly url: string;
  readonly mediaType: string;
  readonly providerMetadata?: VercelUiProviderMetadata;
}

/** Why the model stopped. */
export type VercelUiFinishReason =
  | 'stop'
  | 'length'
  | 'content-filter'
  | 'tool-calls'
  | 'error'
  /** The model's own stream was cut. */
  | 'interrupted'
  | 'other'
  | 'unknown';

/**
 * One part of a UI message stream of the AI SDK, versions 5 to 7: a union that `type` tells apart.
 * Parts and fields that are not named here, from a newer server, are passed on as sent.
 */
export type VercelUiPart =
  | { readonly type: 'start'; readonly messageId?: string; readonly messageMetadata?: unknown }
  | { readonly type: 'start-step' }
  | TextPiece<'text-start'>
  | TextDelta<'text-delta'>
  | (TextPiece<'text-end'> & { readonly citations?: readonly unknown[] })
  | TextPiece<'reasoning-start'>
  | TextDelta<'reasoning-delta'>
  | TextPiece<'reasoning-end'>
  | FilePart<'reasoning-file'>
  | (ToolInputPart<'tool-input-start'> & { readonly inputEncoding?: 'json' | 'text' })
  | {
      readonly type: 'tool-input-delta';
      readonly toolCallId: string;
      readonly inputTextDelta: string;
    }
  | (ToolInputPart<'tool-input-available'> & { readonly input: unknown })
  | (ToolInputPart<'tool-input-error'> & { readonly input: unknown; readonly errorText: string })
  | {
      readonly type: 'tool-approval-request';
      readonly approvalId: string;
      readonly toolCallId: string;
      readonly reason?: string;
      /** The decision is made already: no answer is expected. */
      readonly isAutomatic?: boolean;
      readonly signature?: string;
    }
  | {
      readonly type: 'tool-approval-response';
      readonly approvalId: string;
      readonly approved: boolean;
      readonly reason?: string;
    }
  | (ToolPart<'tool-output-available'> & {
      readonly output: unknown;
      /** A later part brings a newer output of the same call. */
      readonly preliminary?: boolean;
    })
  | (ToolPart<'tool-output-error'> & { readonly errorText: string })
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  | {
      readonly type: 'source-url';
      readonly sourceId: string;
      readonly url: string;
      readonly title?: string;
      readonly providerMetadata?: VercelUiProviderMetadata;
    }
  | {
      readonly type: 'source-document';
      readonly sourceId: string;
      readonly mediaType: string;
      readonly title: string;
      readonly filename?: string;
      readonly providerMetadata?: VercelUiProviderMetadata;
    }
  | FilePart<'file'>
  | {
      readonly type: 'custom';
      readonly kind: `${string}.${string}`;
      readonly providerMetadata?: VercelUiProviderMetadata;
    }
  | {
      readonly type: `data-${string}`;
      readonly id?: string;
      readonly data: unknown;
      /** Not a part of the message: for this moment only. */
      readonly transient?: boolean;
    }
  | { readonly type: 'message-metadata'; readonly messageMetadata: unknown }
  /** What came since the last `start-step` does not hold. */
  | { readonly type: 'reset-step' }
  | { readonly type: 'steering-message'; readonly id: string; readonly parts: readonly unknown[] }
  | { readonly type: 'finish-step' }
  | {
      readonly type: 'finish';
      readonly finishReason?: VercelUiFinishReason;
      readonly messageMetadata?: unknown;
    }
  | { readonly type: 'abort'; readonly reason?: string }
  | { readonly type: 'error'; readonly errorText: string };
