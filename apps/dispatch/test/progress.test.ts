import { describe, expect, it } from 'vitest';
import { recordOf } from '../src/output/answer.ts';
import { Progress } from '../src/report/progress.ts';
import { makeAnswer, makeFailure } from './make-answer.ts';

function makeScreen(isTTY: boolean): { isTTY: boolean; text: string; write(text: string): void } {
  return {
    isTTY,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

const ok = recordOf(makeAnswer('a', { retries: ['rate_limit'], attempts: 2 }));
const failed = recordOf(makeFailure('b', 'http_status'));

describe('Progress', () => {
  it('rewrites one line on a terminal', () => {
    const screen = makeScreen(true);
    let now = 0;
    const progress = new Progress(4, 1, screen, () => now);

    now = 100;
    progress.rowDone(ok, 2);
    progress.rowDone(failed, 1);
    progress.end();

    expect(screen.text).toBe(
      '\r\u001b[2K2/4 rows (50 %), 2 in flight, 0 failed, 1 retries' +
        '\r\u001b[2K3/4 rows (75 %), 0 in flight, 1 failed, 1 retries\n',
    );
  });

  it('writes a line now and then in a log', () => {
    const screen = makeScreen(false);
    let now = 0;
    const progress = new Progress(4, 0, screen, () => now);

    progress.rowDone(ok, 2);
    now = 2_000;
    progress.rowDone(failed, 1);
    progress.rowDone(ok, 1);

    expect(screen.text).toBe('2/4 rows (50 %), 1 in flight, 1 failed, 1 retries\n');
  });

  it('says which upstreams are down', () => {
    const screen = makeScreen(false);
    let now = 0;
    const progress = new Progress(4, 0, screen, () => now);

    now = 2_000;
    progress.rowDone(ok, 2, 'down: json, chat');

    expect(screen.text).toBe(
      '1/4 rows (25 %), 2 in flight, 0 failed, 1 retries; down: json, chat\n',
    );
  });
});
