/**
 * One piece of a streamed `GenerateContentResponse`. Fields that are not named here are passed on as
 * sent.
 */
export interface GeminiChunk {
  readonly candidates?: readonly GeminiCandidate[];
  /** The prompt was looked at, and may have been refused: then there are no candidates. */
  readonly promptFeedback?: {
    readonly blockReason?: string;
    readonly blockReasonMessage?: string;
    readonly safetyRatings?: readonly unknown[];
  };
  /** So far: each time the whole, not what was added. */
  readonly usageMetadata?: GeminiUsage;
  readonly modelVersion?: string;
  readonly responseId?: string;
}

/** A piece of one of the answers. */
export interface GeminiCandidate {
  /** Left out where there is only one. */
  readonly index?: number;
  readonly content?: { readonly role?: string; readonly parts?: readonly GeminiPart[] };
  /** `'STOP'`, `'MAX_TOKENS'`, `'SAFETY'`, `'MALFORMED_FUNCTION_CALL'`, or another word. */
  readonly finishReason?: string;
  readonly finishMessage?: string;
  readonly safetyRatings?: readonly unknown[];
  readonly citationMetadata?: unknown;
  readonly groundingMetadata?: unknown;
}

/** A piece of content: one of text, a call, or data. */
export interface GeminiPart {
  readonly text?: string;
  /** The text is what the model thought. */
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: GeminiFunctionCall;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
  readonly executableCode?: unknown;
  readonly codeExecutionResult?: unknown;
}

/** A call, or a piece of one where the request has `streamFunctionCallArguments` (Vertex AI). */
export interface GeminiFunctionCall {
  readonly id?: string;
  /** Where a call begins. */
  readonly name?: string;
  /** Whole. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly partialArgs?: readonly GeminiPartialArg[];
  /** More of this call follows. */
  readonly willContinue?: boolean;
}

/** A piece of the arguments of a call. */
export interface GeminiPartialArg {
  /** Where it belongs: `$.list[0].name`. */
  readonly jsonPath: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly nullValue?: 'NULL_VALUE';
  /** More of this text follows. */
  readonly willContinue?: boolean;
}

/** What a response used, in tokens. */
export interface GeminiUsage {
  readonly promptTokenCount?: number;
  /** Without thoughts. */
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly toolUsePromptTokenCount?: number;
  readonly cachedContentTokenCount?: number;
  readonly totalTokenCount?: number;
}
