import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runDispatch } from './run-dispatch.ts';

const file = fileURLToPath(new URL('../src/bench/concurrency-limits.ts', import.meta.url));

it('P34 the benchmark tells the rows a second at each limit', { timeout: 30_000 }, async () => {
  const ended = await runDispatch(['100', '200'], { file });

  expect(ended).toMatchObject({ status: 0, stderr: '' });
  const [head, ...lines] = ended.stdout.trimEnd().split('\n');
  expect(head).toMatch(/^limit +rows\/s/);
  expect(lines).toEqual([
    expect.stringMatching(/^ +100 +[1-9]\d*\.\d +\d+\/\d+$/),
    expect.stringMatching(/^ +200 +[1-9]\d*\.\d +\d+\/\d+$/),
  ]);
});
