import { FALLBACK_KINDS } from '../command-line/endpoints.ts';
import type { ChatRow, Row, SdkChatRow } from '../input/row.ts';
import type { AnswerContent } from '../output/answer.ts';
import { deliverChat } from './deliver-chat.ts';
import { deliverSdkChat } from './deliver-sdk-chat.ts';
import type { FallbackClients } from './fallback-clients.ts';
import type { RowCall } from './row-call.ts';

/** A row that the fallback can take. */
export type FallbackRow = ChatRow | SdkChatRow;

/** Whether the fallback can take a row. */
export function canFallBack(row: Row): row is FallbackRow {
  return FALLBACK_KINDS.has(row.kind);
}

/** Gets the answer to a row from the fallback, in the place of its own upstream. */
export async function deliverFallback(
  row: FallbackRow,
  { chat, sdk, model }: FallbackClients,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const other = model === undefined ? {} : { model };
  return row.kind === 'chat'
    ? await deliverChat({ ...row, body: { ...row.body, ...other } }, chat, call, mayRepeat)
    : await deliverSdkChat({ ...row, chat: { ...row.chat, ...other } }, sdk, call, mayRepeat);
}
