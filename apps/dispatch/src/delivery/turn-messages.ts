/** One turn of a conversation in the messages of pydantic-ai: what was asked, and the answer. */
export function turnMessages(prompt: string, text: string): unknown[] {
  return [
    { kind: 'request', parts: [{ part_kind: 'user-prompt', content: prompt }] },
    { kind: 'response', parts: [{ part_kind: 'text', content: text }] },
  ];
}
