import { ServerError, StreamIncompleteError } from '@linkspan/core';
import { decodeStream, synapse } from '@linkspan/dialects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../collect.ts';
import { splitAt } from '../split-bytes.ts';
import { bytesOf } from '../sse-text.ts';

const wire = (...pieces: string[]): Uint8Array =>
  bytesOf(pieces.map((piece) => `data: ${piece}\n\n`).join(''));

describe('synapse', () => {
  it('gives the pieces of text, and [DONE] ends it', async () => {
    const stream = decodeStream(wire('Hel', 'lo', '[DONE]'), synapse);

    expect(await collect(stream)).toEqual(['Hel', 'lo']);
    expect(stream.partial).toEqual({
      text: 'Hello',
      toolCalls: [],
      finishReason: undefined,
      usage: undefined,
    });
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('U19 fails on a line of the field error, though [DONE] follows', async () => {
    const bytes = bytesOf('data: Hel\n\nerror: model exploded\n\ndata: [DONE]\n\n');
    const stream = decodeStream(bytes, synapse, { status: 200 });

    await expect(stream.result()).rejects.toThrow(ServerError);
    await expect(stream.result()).rejects.toThrow(/the peer reports an error: model exploded/);
    expect(stream.partial.text).toBe('Hel');
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 1 });
  });

  it('is incomplete without [DONE]', async () => {
    await expect(decodeStream(wire('Hel'), synapse).result()).rejects.toThrow(
      StreamIncompleteError,
    );
  });

  it('hears no blank line behind a comment', async () => {
    const bytes = bytesOf('data: a\n\n: ping\n\ndata: b\n\ndata: [DONE]\n\n');

    expect(await collect(decodeStream(bytes, synapse))).toEqual(['a', 'b']);
  });

  it('U19 puts back the line breaks that break its framing, however the bytes are split', async () => {
    const piece = fc
      .array(fc.constantFrom('a', 'word', ' ', '\n', '\n\n', 'é'), { minLength: 1 })
      .map((parts) => parts.join(''));

    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1 }),
        fc.array(fc.nat()),
        async (pieces, cuts) => {
          const chunks = splitAt(wire(...pieces, '[DONE]'), cuts);

          const { text } = await decodeStream(chunks, synapse).result();

          expect(text).toBe(pieces.join(''));
        },
      ),
      { numRuns: 300, seed: 5 },
    );
  });
});
