import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from './random.ts';
import { sendValue, stumbleAtHead } from './stumble.ts';
import type { Stumble } from './stumbles.ts';
import { errorBody, type Exchange, sendJson } from './upstream.ts';

/**
 * The JSON API of a ferry port: `GET /v1/sailings/<number>` and `POST /v1/bookings`. It tells about
 * any other request what it received.
 */
export async function answerJsonApi(
  exchange: Exchange,
  stumble: Stumble | undefined,
): Promise<void> {
  const { method, url, body, response } = exchange;
  const random = seededRandom(`${method} ${url.href}`);
  await delay(10 + random() * 60);
  if (stumbleAtHead(response, stumble)) return;

  const sailing = /^\/v1\/sailings\/(\d+)$/.exec(url.pathname)?.[1];
  if (sailing !== undefined) {
    if (Number(sailing) >= 9000) {
      return sendJson(response, 404, errorBody(`No sailing ${sailing}`, 'not_found'));
    }
    const places = Math.floor(random() * 80);
    return sendValue(
      response,
      { number: Number(sailing), berth: 1 + (places % 5), places },
      stumble,
    );
  }
  if (method === 'POST' && url.pathname === '/v1/bookings') {
    const { sailing: number, vehicles } = (body ?? {}) as { sailing?: number; vehicles?: number };
    if (typeof vehicles !== 'number' || vehicles < 1) {
      const found = JSON.stringify(vehicles);
      const message = `vehicles: expected a number of 1 or more, found ${found}`;
      return sendJson(response, 422, errorBody(message, 'invalid_request_error'));
    }
    const reference = `B${Math.floor(seededRandom(JSON.stringify(body))() * 1e6)}`;
    return sendValue(response, { reference, sailing: number, price: 35 * vehicles }, stumble);
  }
  const params = Object.fromEntries(url.searchParams);
  sendValue(response, { method, path: url.pathname, params, received: body ?? null }, stumble);
}
