import type { JsonReply, JsonRequest } from '@linkspan/testkit';
import { seededRandom } from './random.ts';

/**
 * The JSON API of a ferry port: `GET /v1/sailings/<number>` and `POST /v1/bookings`. It tells about
 * any other request what it received.
 */
export function answerAsPort(request: JsonRequest): JsonReply {
  const { method, path, text } = request;
  const random = seededRandom(`${method} ${path} ${text}`);
  return { delayMs: delayMs(random), ...answerOf(request, random) };
}

function answerOf({ method, route, query, body }: JsonRequest, random: () => number): JsonReply {
  const sailing = /^\/v1\/sailings\/(\d+)$/.exec(route)?.[1];
  if (sailing !== undefined) return findSailing(Number(sailing), random);
  if (method === 'POST' && route === '/v1/bookings') return book(body, random);
  return { body: { method, path: route, params: query, received: body ?? null } };
}

/** How long the port takes to answer. */
export function delayMs(random: () => number): number {
  return 10 + random() * 60;
}

/** A sailing and its places; there is none from 9000 on. */
export function findSailing(number: number, random: () => number): JsonReply {
  if (number >= 9000) return problem(404, `No sailing ${number}`);
  const places = Math.floor(random() * 80);
  return { body: { number, berth: 1 + (places % 5), places } };
}

/** Books places for vehicles. */
export function book(body: unknown, random: () => number): JsonReply {
  const { sailing, vehicles } = (body ?? {}) as { sailing?: number; vehicles?: number };
  if (typeof vehicles !== 'number' || vehicles < 1) {
    const found = JSON.stringify(vehicles);
    return problem(422, `vehicles: expected a number of 1 or more, found ${found}`);
  }
  const reference = `B${Math.floor(random() * 1e6)}`;
  return { body: { reference, sailing, price: 35 * vehicles } };
}

function problem(status: number, message: string): JsonReply {
  return { status, body: { error: { message } } };
}
