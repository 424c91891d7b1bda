/* oxlint-disable typescript/consistent-type-imports -- an import cannot be excused for failing */
// The types of the optional peer. Where it is not installed they are `any`: who uses another
// provider compiles all the same.

/** @ts-ignore -- the package may be absent, see above */
export type AnthropicSdk = import('@anthropic-ai/sdk').Anthropic;

/** @ts-ignore -- the package may be absent, see above */
export type AnthropicModule = typeof import('@anthropic-ai/sdk');

/** @ts-ignore -- the package may be absent, see above */
export type AnthropicParams = import('@anthropic-ai/sdk').Anthropic.MessageCreateParamsNonStreaming;
