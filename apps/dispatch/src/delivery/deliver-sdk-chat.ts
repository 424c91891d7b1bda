import type { SdkClient } from 'linkspan';
import type { SdkChatRow } from '../input/row.ts';
import type { AnswerContent } from '../output/answer.ts';
import { modelAnswer } from './model-answer.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** Gets the answer to a row through the SDK of its provider, always as a stream. */
export async function deliverSdkChat(
  row: SdkChatRow,
  client: SdkClient,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const key = { 'idempotency-key': idempotencyKey(row) };
  return await call.exchange(mayRepeat, async (options) => {
    const headers = { ...options.headers, ...(mayRepeat && key) };
    const stream = await client.stream(row.chat, { ...options, ...call.eventClocks, headers });
    const { text, toolCalls, providerReason } = await stream.result();
    call.note(await stream.outcome);
    return modelAnswer(text, toolCalls, providerReason);
  });
}
