import type { ClientResponse, HttpClient } from 'linkspan';
import type { AnswerContent } from '../output/answer.ts';
import type { JsonRow } from '../input/row.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** The methods that RFC 9110 calls idempotent. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE']);

/** Gets the answer to a row from a JSON API. */
export async function deliverJson(
  row: JsonRow,
  client: HttpClient,
  call: RowCall,
): Promise<AnswerContent> {
  const { method, path, params, body, idempotent } = row;
  const init = {
    method,
    path,
    ...(params && { params }),
    ...(body !== undefined && { json: body }),
    ...(idempotent === true && { idempotencyKey: idempotencyKey(row) }),
  };
  const mayRepeat = idempotent ?? IDEMPOTENT.has(method);
  return await call.exchange(mayRepeat, async (options) => {
    const response = await client.request(init, options);
    const json = await readJson(response);
    return { ...(response.status !== undefined && { httpStatus: response.status }), json };
  });
}

/** The decoded body; `null` where the answer has none. */
async function readJson(response: ClientResponse): Promise<unknown> {
  if (response.status !== 204 && response.headers['content-length'] !== '0') {
    return await response.json();
  }
  await response.cancel();
  return null;
}
