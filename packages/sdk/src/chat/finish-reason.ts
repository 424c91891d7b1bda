/**
 * Why a model stopped, in the same words for every provider.
 *
 * - `stop`: it had said what it had to say, or came to a text of `stop`.
 * - `length`: the answer is cut, by `maxTokens` or by what the model can hold.
 * - `tool-calls`: it waits for the results of tools.
 * - `content-filter`: the provider held something back.
 * - `refusal`: the model refused.
 * - `pause`: the provider stopped a long turn; send the conversation again to go on.
 * - `other`: a word that is not known here; `providerReason` has it.
 */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'other';

/** The words of the providers. No word means something else for another one. */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['completed', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
]);

/** The common word for a provider's. */
export function toFinishReason(providerReason: string): FinishReason {
  return REASONS.get(providerReason) ?? 'other';
}
