import type { WebSocketRow } from '../input/row.ts';
import type { AnswerContent } from '../output/answer.ts';
import type { RowCall } from './row-call.ts';
import type { WebSocketCaller } from './web-socket-caller.ts';

/**
 * Gets the answer to a row over the WebSocket that it shares with others. A call that was on its way
 * when the connection broke may have been processed: it is made again only where the row allows it.
 */
export async function deliverWebSocket(
  { method, params, idempotent = false }: WebSocketRow,
  caller: WebSocketCaller,
  call: RowCall,
): Promise<AnswerContent> {
  const { firstEventMs: totalMs } = call.eventClocks;
  return await call.exchange(idempotent, async ({ signal, deadline }) => {
    const json = await caller.call(method, params, { signal, deadline, totalMs });
    return { json: json ?? null };
  });
}
