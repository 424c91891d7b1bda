import type { Client, TransportRequest } from 'linkspan';
import type { WebSocketRow } from '../input/row.ts';
import type { AnswerContent } from '../output/answer.ts';
import type { RowCall } from './row-call.ts';

/**
 * Gets the answer to a row over the WebSocket that it shares with others. A call that was on its way
 * when the connection broke may have been processed: it is made again only where the row allows it.
 */
export async function deliverWebSocket(
  { method, params, idempotent = false }: WebSocketRow,
  client: Client,
  call: RowCall,
): Promise<AnswerContent> {
  const request: TransportRequest = {
    operation: 'call',
    target: method,
    idempotent,
    ...(params !== undefined && { payload: { kind: 'value', value: params } }),
  };
  return await call.exchange(idempotent, async (options) => {
    const response = await client.request(request, options);
    return { json: await response.json() };
  });
}
