import {
  type ClientResponse,
  createClient,
  DeserializationError,
  memoryTransport,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const key = 'xkzvqpwmbtrw';

async function answer(body: string): Promise<ClientResponse> {
  const client = createClient({ transport: memoryTransport(() => ({ body })) });
  const headers = { 'x-api-key': key };
  return await client.request({ operation: 'GET', target: '/?token=pqrstvwxz', headers });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('an answer that repeats secrets of its request', () => {
  it.each([
    ['behind the fault', `{"a": ${key}}`],
    ['before it', `{"key": "${key}" "b"}`],
    ['so far that a snippet cuts it', `{"key": "${key}${' '.repeat(45)}" "b"}`],
    ['of the query', '{"no": pqrstvwxz}'],
  ])('shows none of them when it is no JSON, %s', async (_where, body) => {
    const error = (await rejection((await answer(body)).json())) as Error;

    expect(error).toBeInstanceOf(DeserializationError);
    expect(error.message).toContain('Cannot read the JSON: expected');
    expect(`${error.message}${error.stack}`).not.toMatch(/kzvq|mbtr|rstv/);
  });

  it('shows none of them when a schema repeats the value', async () => {
    const schema = z.string().refine(() => false, { error: ({ input }) => `not ${String(input)}` });
    const error = await rejection((await answer(JSON.stringify(key))).json(schema));

    expect(error).toMatchObject({
      code: 'validation',
      message: 'Cannot accept the answer: it does not fit the schema: $: not [redacted]',
    });
  });

  it('is told as it is where it repeats none', async () => {
    const error = (await rejection((await answer('{"a" 1}')).json())) as Error;

    expect(error.message).toContain('near "{\\"a\\" 1}"');
  });
});
