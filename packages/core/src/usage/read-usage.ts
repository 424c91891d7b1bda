import type { Usage } from '../outcome.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where peers have some of their counts, a level deeper; of two that have the same one, the last. */
const DEEPER = [
  'prompt_tokens_details',
  'completion_tokens_details',
  'input_tokens_details',
  'output_tokens_details',
  'inputTokenDetails',
  'outputTokenDetails',
  'billed_units', // Cohere
  'tokens',
];

/**
 * The names of each count: the first that is there is taken. The names behind the first of a list are
 * of parts that their peers do not count in it.
 */
const NAMES: { readonly [Name in keyof Required<Usage>]: readonly (readonly string[])[] } = {
  inputTokens: [
    ['prompt_tokens'], // OpenAI's chat completions, and who speaks like them
    ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'], // Anthropic, responses
    ['promptTokenCount', 'toolUsePromptTokenCount'], // Gemini
    ['inputTokens'], // the AI SDK, AG-UI
  ],
  outputTokens: [
    ['completion_tokens'],
    ['output_tokens'],
    ['candidatesTokenCount', 'thoughtsTokenCount'],
    ['thoughtsTokenCount'],
    ['outputTokens'],
  ],
  totalTokens: [['total_tokens'], ['totalTokenCount'], ['totalTokens']],
  cachedInputTokens: [
    ['cached_tokens'],
    ['cache_read_input_tokens'],
    ['cachedContentTokenCount'],
    ['cachedInputTokens'],
    ['cacheReadTokens'],
  ],
  cacheWriteTokens: [
    ['cache_write_tokens'],
    ['cache_creation_input_tokens'],
    ['cacheWriteInputTokens'],
    ['cacheWriteTokens'],
  ],
  reasoningTokens: [
    ['reasoning_tokens'],
    ['thinking_tokens'],
    ['thoughtsTokenCount'],
    ['reasoningTokens'],
  ],
};
const COUNTS = Object.entries(NAMES);

/**
 * Reads the tokens that a peer counted, by the names that it has for them: those of OpenAI, Anthropic,
 * Gemini and Cohere and of all who speak like one of them, and those that the AI SDK and AG-UI share.
 * What it gives means the same for every peer. `undefined` when there is no count among them.
 */
export function readUsage(counts: unknown): Usage | undefined {
  if (!isFields(counts)) return undefined;
  let told = counts;
  for (const name of DEEPER) if (isFields(counts[name])) told = { ...told, ...counts[name] };
  const usage: Record<string, number> = {};
  for (const [name, spellings] of COUNTS) {
    const found = spellings.find(([whole]) => typeof told[whole!] === 'number');
    if (found !== undefined) usage[name] = sumOf(found, told);
  }
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/**
 * What a whole answer says that it used: the counts under `usage` or `usageMetadata`, as
 * {@link readUsage} reads them.
 */
export function readAnswerUsage(answer: unknown): Usage | undefined {
  if (!isFields(answer)) return undefined;
  return readUsage(answer['usage']) ?? readUsage(answer['usageMetadata']);
}

/** What is no number was not told. */
function sumOf(names: readonly string[], told: Fields): number {
  let sum = 0;
  for (const name of names) {
    const count = told[name];
    if (typeof count === 'number') sum += count;
  }
  return sum;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
