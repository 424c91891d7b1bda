import { setTimeout as delay } from 'node:timers/promises';
import type { JsonReply, Stumble, WebSocketMessage, WebSocketReplier } from '@linkspan/testkit';
import { book, delayMs, findSailing } from './ferry-port.ts';
import { seededRandom } from './random.ts';

interface Call {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly number?: number };
}

/** The errors of JSON-RPC 2.0, section 5.1, by the status that they would be over HTTP. */
const codes: Readonly<Record<number, number>> = { 404: 404, 422: -32602, 501: -32601 };
const INTERNAL_ERROR = -32603;

/**
 * The port over a WebSocket, in JSON-RPC: `sailings.find` and `bookings.make`.
 *
 * @param chooseStumble asked about each call, by its method and parameters.
 */
export function answerOnLine(
  chooseStumble: (call: string) => Stumble | undefined,
): WebSocketReplier {
  return async (message: WebSocketMessage) => {
    const { id, method = '', params = {} } = JSON.parse(String(message)) as Call;
    // A notification: that an answer is no longer wanted, say.
    if (id === undefined) return undefined;
    const call = `${method} ${JSON.stringify(params)}`;
    const stumble = chooseStumble(call);
    if (stumble?.kind === 'stall') return undefined;
    const random = seededRandom(call);
    await delay(delayMs(random));
    const outcome =
      stumble === undefined
        ? outcomeOf(answerOf(method, params, random))
        : { error: { code: INTERNAL_ERROR, message: 'Internal error' } };
    return JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
  };
}

function answerOf(method: string, params: Call['params'], random: () => number): JsonReply {
  switch (method) {
    case 'sailings.find':
      return findSailing(Number(params?.number), random);
    case 'bookings.make':
      return book(params, random);
    default:
      return { status: 501, body: { error: { message: `No method ${method}` } } };
  }
}

function outcomeOf({ status, body }: JsonReply): object {
  if (status === undefined) return { result: body };
  const { error } = body as { readonly error: { readonly message: string } };
  return { error: { code: codes[status] ?? INTERNAL_ERROR, message: error.message } };
}
