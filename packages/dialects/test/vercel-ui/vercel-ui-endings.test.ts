import { createVercelUi, decodeStream, vercelUi } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { openSocket } from '../open-socket.ts';
import { readStream } from '../read-stream.ts';
import { bytesOf, sseOf } from '../sse-text.ts';

const answer = [
  { type: 'start', messageId: 'm1' },
  { type: 'start-step' },
  { type: 'text-start', id: 't1' },
  { type: 'text-delta', id: 't1', delta: 'Hé' },
  { type: 'tool-input-start', toolCallId: 'c1', toolName: 'add' },
  { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{}' },
  { type: 'tool-input-available', toolCallId: 'c1', toolName: 'add', input: {} },
  { type: 'finish-step' },
];
const finish = { type: 'finish', finishReason: 'stop' };
const error = { type: 'error', errorText: 'x' };
const both = createVercelUi({ require: 'both' });

/** The status of the stream when it is cut behind each of its bytes. */
async function statuses(bytes: Uint8Array, dialect = vercelUi): Promise<string[]> {
  const cuts = Array.from({ length: bytes.length + 1 }, (_, length) => bytes.subarray(0, length));
  return await Promise.all(
    cuts.map(async (cut) => (await readStream(cut, dialect)).outcome.status),
  );
}

describe('a vercelUi stream that is cut', () => {
  it('is incomplete before its finish part is there, wherever that is', async () => {
    const bytes = sseOf(...answer, finish, '[DONE]');
    const enough = bytesOf(new TextDecoder().decode(sseOf(...answer, finish)).trimEnd()).length;

    const outcomes = await statuses(bytes);

    expect(new Set(outcomes.slice(0, enough))).toEqual(new Set(['incomplete']));
    expect(new Set(outcomes.slice(enough))).toEqual(new Set(['complete']));
  });

  it('is incomplete before [DONE] is there, where that is required', async () => {
    const bytes = sseOf(...answer, finish, '[DONE]');
    const enough = bytes.length - '\n\n'.length;

    const outcomes = await statuses(bytes, both);

    expect(new Set(outcomes.slice(0, enough))).toEqual(new Set(['incomplete']));
    expect(new Set(outcomes.slice(enough))).toEqual(new Set(['complete']));
  });

  it('is never complete behind an error part', async () => {
    const bytes = sseOf(...answer, error, { type: 'finish-step' }, finish, '[DONE]');
    const reported = bytesOf(new TextDecoder().decode(sseOf(...answer, error)).trimEnd()).length;

    const outcomes = await statuses(bytes);

    expect(new Set(outcomes.slice(0, reported))).toEqual(new Set(['incomplete']));
    expect(new Set(outcomes.slice(reported))).toEqual(new Set(['failed']));
  });
});

describe('a vercelUi stream whose socket stays open', () => {
  it('ends at [DONE], and leaves the socket', async () => {
    const { body, left } = openSocket(sseOf(...answer, finish, '[DONE]', 'trailing'));
    const stream = decodeStream(body, vercelUi);

    await stream.result();
    await left;

    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it.each([
    ['completes after a moment behind its finish part', finish, { status: 'complete' }],
    [
      'fails after a moment behind an error part',
      error,
      { status: 'failed', error: { name: 'ServerError' } },
    ],
  ])('%s', async (_, last, outcome) => {
    const { body } = openSocket(sseOf(...answer, last));
    const stream = decodeStream(body, vercelUi, { eventIdleMs: 1 });

    await stream.result().catch(() => {});

    expect(await stream.outcome).toMatchObject(outcome);
  });
});
