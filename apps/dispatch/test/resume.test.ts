import type { ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { allIds, answersIn, flagsOf, idsIn, makeFiles } from './row-files.ts';
import { runDispatch } from './run-dispatch.ts';
import { sendOk, startApi } from './start-api.ts';

// Each test starts the program several times, beside the tests of other packages.
vi.setConfig({ testTimeout: 30_000 });

/** What is in an output, up to the last line that is whole. */
function wholeLines(output: string): string {
  const text = readFileSync(output, 'utf8');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

function idsOf(lines: string): string[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly id: string }).id);
}

describe('dispatch that is stopped', () => {
  it('goes on after kill -9 and sends no row again that has its line', async () => {
    const files = makeFiles(120);
    const served = new Set<string>();
    let victim: ChildProcess | undefined;
    let killAfter = 0;
    const baseUrl = await startApi((id, response) => {
      served.add(id);
      killAfter -= 1;
      if (killAfter === 0) victim?.kill('SIGKILL');
      else sendOk(response);
    });
    const args = flagsOf(files, '--base-url', baseUrl, '--concurrency', '6');

    for (const requests of [20, 35]) {
      killAfter = requests;
      // oxlint-disable-next-line no-await-in-loop -- each run goes on where the one before was killed
      const killed = await runDispatch(args, { started: (child) => (victim = child) });
      expect(killed.signal).toBe('SIGKILL');
    }
    appendFileSync(files.output, '{"id":"row-119","kind":"js');
    const written = wholeLines(files.output);
    served.clear();
    const ended = await runDispatch(args);

    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain('120 rows: 120 answered, 0 failed');
    expect(readFileSync(files.output, 'utf8').startsWith(written)).toBe(true);
    expect(idsIn(files.output).toSorted()).toEqual(allIds(120).toSorted());
    expect(idsOf(written).length).toBeGreaterThan(30);
    expect(idsOf(written).filter((id) => served.has(id))).toEqual([]);
  });

  it('finishes the rows in flight when it is interrupted, and goes on the next time', async () => {
    const files = makeFiles(60);
    let running: ChildProcess | undefined;
    let requests = 0;
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      if (requests === 15) running?.kill('SIGINT');
      sendOk(response);
    });
    const args = flagsOf(files, '--base-url', baseUrl, '--concurrency', '5');

    const ended = await runDispatch(args, { started: (child) => (running = child) });

    expect(ended.status).toBe(130);
    expect(ended.stderr).toContain('interrupted: the rows in flight are finished');
    const done = idsIn(files.output).length;
    expect(done).toBe(requests);
    expect(ended.stdout).toContain(`60 rows: ${done} answered, 0 failed, ${60 - done} not done`);
    expect((await runDispatch(args)).status).toBe(0);
    expect(requests).toBe(60);
  });

  it('leaves the rows in flight when it is terminated', async () => {
    const files = makeFiles(5);
    let running: ChildProcess | undefined;
    const baseUrl = await startApi((id, response) => {
      if (id === 'row-4') running?.kill('SIGTERM');
      else if (id !== 'row-3') sendOk(response);
    });

    const ended = await runDispatch(flagsOf(files, '--base-url', baseUrl), {
      started: (child) => (running = child),
    });

    expect(ended).toMatchObject({ status: 143, signal: null });
    expect(idsIn(files.output)).not.toContain('row-3');
    expect(existsSync(`${files.output}.lock`)).toBe(false);
  });

  it.skipIf(process.platform === 'win32')(
    'stops with status 1 when answers cannot be written, and loses none that were',
    async () => {
      const files = makeFiles(200);
      const baseUrl = await startApi((_id, response) => sendOk(response));
      const args = flagsOf(files, '--base-url', baseUrl);

      const ended = await runDispatch(args, { before: 'ulimit -f 16' });

      expect(ended.status).toBe(1);
      expect(ended.stderr).toMatch(/Cannot write to .*answers\.jsonl: EFBIG/);
      const written = wholeLines(files.output);
      expect((await runDispatch(args)).status).toBe(0);
      expect(readFileSync(files.output, 'utf8').startsWith(written)).toBe(true);
      expect(idsIn(files.output)).toHaveLength(200);
    },
  );
});

describe('dispatch with an output that is there', () => {
  it('keeps failures, and sends their rows again when asked to', async () => {
    const files = makeFiles(4);
    let isBroken = true;
    const baseUrl = await startApi((id, response) => {
      if (isBroken && id === 'row-2') response.writeHead(403).end('{"error":{"message":"No"}}');
      else sendOk(response);
    });
    const args = flagsOf(files, '--base-url', baseUrl);

    expect((await runDispatch(args)).status).toBe(0);
    expect(answersIn(files.output).get('row-2')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { name: 'PermissionError', status: 403, sent: 'yes' },
    });
    isBroken = false;
    expect((await runDispatch(args)).stdout).toContain('4 rows: 3 answered, 1 failed');
    expect((await runDispatch([...args, '--retry-failed'])).stdout).toContain('4 rows: 4 answered');
    expect(idsIn(files.output).toSorted()).toEqual(allIds(4));
  });

  it('refuses answers to other rows, and those of a rehearsal in place of real ones', async () => {
    const files = makeFiles(2);
    const baseUrl = await startApi((_id, response) => sendOk(response));
    expect((await runDispatch(flagsOf(files))).status).toBe(0);

    const mixed = await runDispatch(flagsOf(files, '--base-url', baseUrl));
    writeFileSync(files.input, '{"id":"row-1","kind":"json","path":"/edited"}\n');
    const edited = await runDispatch(flagsOf(files));
    const fresh = await runDispatch(flagsOf(files, '--fresh'));

    expect(mixed).toMatchObject({ status: 2, stdout: '' });
    expect(mixed.stderr).toContain('2 of its answers are of a rehearsal');
    expect(edited).toMatchObject({ status: 2, stdout: '' });
    expect(edited.stderr).toContain('1 of its answers are to other requests than the rows');
    expect(fresh.status).toBe(0);
    expect(idsIn(files.output)).toEqual(['row-1']);
    expect(idsIn(`${files.output}.previous`)).toHaveLength(2);
  });

  it('refuses one that a running process writes to', async () => {
    const files = makeFiles(1);
    writeFileSync(`${files.output}.lock`, String(process.pid));

    const ended = await runDispatch(flagsOf(files));

    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain(`process ${process.pid} is writing to it`);
  });
});
