/* oxlint-disable typescript/consistent-type-imports -- an import cannot be excused for failing */
// The types of the optional peer. Where it is not installed they are `any`: who uses another
// provider compiles all the same.

/** @ts-ignore -- the package may be absent, see above */
export type OpenAISdk = import('openai').OpenAI;

/** @ts-ignore -- the package may be absent, see above */
export type OpenAIErrorClasses = typeof import('openai/error');

/** @ts-ignore -- the package may be absent, see above */
export type OpenAIParams = import('openai').OpenAI.ChatCompletionCreateParamsNonStreaming;

/** @ts-ignore -- the package may be absent, see above */
export type OpenAIResponsesParams = import('openai').OpenAI.Responses.ResponseCreateParams;
