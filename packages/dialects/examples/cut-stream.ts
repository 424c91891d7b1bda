// A stream that was cut throws, and what had arrived is still there.
import assert from 'node:assert/strict';
import { StreamIncompleteError } from '@linkspan/core';
import { decodeStream, openaiChat } from '@linkspan/dialects';

const cut = 'data: {"choices":[{"index":0,"delta":{"content":"The answer is"}}]}\n\n';
const stream = decodeStream(new TextEncoder().encode(cut), openaiChat);

await assert.rejects(stream.result(), StreamIncompleteError);

assert.equal(stream.partial.text, 'The answer is');
assert.equal((await stream.outcome).status, 'incomplete');
console.log((await stream.outcome).error?.message);
