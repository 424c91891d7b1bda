/** The headers of a stream of events. */
export const EVENT_STREAM = { 'content-type': 'text/event-stream' } as const;

/** What ends the stream of an OpenAI chat completion. */
export const DONE = 'data: [DONE]\n\n';

/** One event of a chat completion, with this text. */
export function word(content: string, finishReason: string | null = null): string {
  const choice = { index: 0, delta: { content }, finish_reason: finishReason };
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [choice] };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** The events of a chat completion, the last of them with a finish reason; without `[DONE]`. */
export function completion(events: number): string[] {
  return Array.from({ length: events }, (_, index) =>
    word(`word${index} `, index === events - 1 ? 'stop' : null),
  );
}
