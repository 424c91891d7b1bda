/** How a provider writes the stream of an answer. */
export interface ProviderFrames {
  /** What comes before the text. */
  readonly begin: string;
  /** A piece of the text. */
  readonly piece: (text: string) => string;
  /** What comes behind the text, and ends the stream. */
  readonly end: string;
}

const chunk = (delta: object, reason: string | null = null): string =>
  data({
    id: 'chatcmpl-kit',
    object: 'chat.completion.chunk',
    model: 'kit',
    choices: [{ index: 0, delta, finish_reason: reason }],
  });

/** A chat completion, with its text in pieces. */
export const openaiFrames: ProviderFrames = {
  begin: chunk({ role: 'assistant', content: '' }),
  piece: (content) => chunk({ content }),
  end: `${chunk({}, 'stop')}data: [DONE]\n\n`,
};

/** A message, with its text in pieces. */
export const anthropicFrames: ProviderFrames = {
  begin:
    event({
      type: 'message_start',
      message: { id: 'msg_kit', type: 'message', role: 'assistant', model: 'kit', content: [] },
    }) +
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  piece: (text) =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  end:
    event({ type: 'content_block_stop', index: 0 }) +
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }) +
    event({ type: 'message_stop' }),
};

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function event(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\n${data(value)}`;
}
