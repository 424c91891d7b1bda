// A client over a transport without a wire: a flaky peer, a layer that signs, and a batch.
import assert from 'node:assert/strict';
import { createClient, memoryTransport, type Middleware, NotFoundError } from '@linkspan/core';

let calls = 0;
const transport = memoryTransport(({ target, headers }) => {
  calls += 1;
  if (calls === 1) return { status: 503, headers: { 'retry-after-ms': '5' } };
  if (target === '/gone') return { status: 404 };
  return { body: { target, by: headers?.['x-signed-by'] } };
});

const signed: Middleware = (next) => (request, context) =>
  next({ ...request, headers: { ...request.headers, 'x-signed-by': 'ada' } }, context);

const client = createClient({ transport, middleware: [signed], totalMs: 5_000 });

const response = await client.request({ operation: 'GET', target: '/first' });
assert.deepEqual(await response.json(), { target: '/first', by: 'ada' });
assert.equal(response.attempts, 2);

const results = await client.batch(
  ['/a', '/gone', '/b'].map((target) => ({ operation: 'GET', target })),
  { concurrency: 2, read: (answer) => answer.json<{ target: string }>() },
);
for (const result of results) {
  if (result.status === 'fulfilled') console.log(result.index, result.value.target);
  if (result.status === 'rejected') assert.ok(result.error instanceof NotFoundError);
}
assert.deepEqual(
  results.map(({ status }) => status),
  ['fulfilled', 'rejected', 'fulfilled'],
);

await client.close();
