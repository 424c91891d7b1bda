// Both ways at once: a channel over a duplex transport, here a peer that counts what it hears.
import assert from 'node:assert/strict';
import { createClient, memoryTransport, openChannel } from '@linkspan/core';

async function* count(heard: AsyncIterable<unknown>): AsyncGenerator {
  let messages = 0;
  for await (const message of heard) {
    messages += 1;
    yield { message, messages };
  }
}

const transport = memoryTransport(({ payload }) => {
  assert.ok(payload?.kind === 'stream');
  return { body: count(payload.stream) };
});
const client = createClient({ transport });

const channel = await openChannel(client, { operation: 'SUBSCRIBE', target: 'counter' });
await channel.send('one');
await channel.send('two');

const seen: unknown[] = [];
for await (const message of channel) {
  seen.push(message);
  if (seen.length === 2) break;
}
assert.deepEqual(seen, [
  { message: 'one', messages: 1 },
  { message: 'two', messages: 2 },
]);
assert.deepEqual(await channel.closed, { by: 'caller' });

await client.close();
console.log(seen);
