import { StreamIncompleteError } from '@linkspan/core';
import { createVercelUi, vercelUi } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { sseOf } from '../sse-text.ts';

const delta = (text: string, id = 't1'): object => ({ type: 'text-delta', id, delta: text });
const finish = { type: 'finish', finishReason: 'stop' };

describe('a second message in a vercelUi stream', () => {
  const second = [{ type: 'start' }, delta('b', 't2')];

  it('has to be finished as the first one was', async () => {
    const cut = await readStream(sseOf(delta('a'), finish, ...second), vercelUi);
    const whole = await readStream(sseOf(delta('a'), finish, ...second, finish), vercelUi);

    expect(cut.error).toBeInstanceOf(StreamIncompleteError);
    expect(whole.outcome).toMatchObject({ status: 'complete' });
    expect(whole.partial.text).toBe('ab');
  });

  it('needs no finish of its own where [DONE] comes', async () => {
    const { outcome } = await readStream(sseOf(finish, ...second, '[DONE]'), vercelUi);

    expect(outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('is not begun by data that follows the first', async () => {
    const { outcome } = await readStream(
      sseOf(delta('a'), finish, { type: 'data-title', data: 'A' }, { type: 'message-metadata' }),
      vercelUi,
    );

    expect(outcome).toMatchObject({ status: 'complete', terminator: 'finish' });
  });
});

describe('createVercelUi({ require })', () => {
  const withFinish = sseOf(delta('a'), finish);
  const withDone = sseOf(delta('a'), '[DONE]');
  const withBoth = sseOf(delta('a'), finish, '[DONE]');

  it.each([
    ['finish', 'complete', 'incomplete', 'complete'],
    ['both', 'incomplete', 'incomplete', 'complete'],
    ['done', 'incomplete', 'complete', 'complete'],
    ['either', 'complete', 'complete', 'complete'],
  ] as const)('%s: finish %s, [DONE] %s, both %s', async (require, finished, done, both) => {
    const dialect = createVercelUi({ require });

    expect((await readStream(withFinish, dialect)).outcome.status).toBe(finished);
    expect((await readStream(withDone, dialect)).outcome.status).toBe(done);
    expect((await readStream(withBoth, dialect)).outcome.status).toBe(both);
  });

  it('says that [DONE] is not enough', async () => {
    const { error } = await readStream(withDone, vercelUi);

    expect(error).toMatchObject({
      code: 'incomplete_stream',
      message: 'Cannot complete the vercel-ui stream: [DONE] came without a finish part',
      requestId: 'req_1',
    });
  });

  it('names a word that it does not know', () => {
    expect(() => createVercelUi({ require: 'all' as never })).toThrow(
      /require: expected one of 'finish'.*found "all"/,
    );
  });
});
