import type { JsonReply, JsonRequest } from '@linkspan/testkit';
import { seededRandom } from './random.ts';

/**
 * The JSON API of a ferry port: `GET /v1/sailings/<number>` and `POST /v1/bookings`. It tells about
 * any other request what it received.
 */
export function answerAsPort(request: JsonRequest): JsonReply {
  const { method, path, route, text } = request;
  const random = seededRandom(`${method} ${path} ${text}`);
  const delayMs = 10 + random() * 60;
  return { delayMs, ...answerOf(request, random, route) };
}

function answerOf(
  { method, query, body }: JsonRequest,
  random: () => number,
  route: string,
): JsonReply {
  const sailing = /^\/v1\/sailings\/(\d+)$/.exec(route)?.[1];
  if (sailing !== undefined) {
    if (Number(sailing) >= 9000) return problem(404, `No sailing ${sailing}`);
    const places = Math.floor(random() * 80);
    return { body: { number: Number(sailing), berth: 1 + (places % 5), places } };
  }
  if (method === 'POST' && route === '/v1/bookings') {
    const { sailing: number, vehicles } = (body ?? {}) as { sailing?: number; vehicles?: number };
    if (typeof vehicles !== 'number' || vehicles < 1) {
      const found = JSON.stringify(vehicles);
      return problem(422, `vehicles: expected a number of 1 or more, found ${found}`);
    }
    const reference = `B${Math.floor(random() * 1e6)}`;
    return { body: { reference, sailing: number, price: 35 * vehicles } };
  }
  return { body: { method, path: route, params: query, received: body ?? null } };
}

function problem(status: number, message: string): JsonReply {
  return { status, body: { error: { message } } };
}
