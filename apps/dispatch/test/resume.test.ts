import type { ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type MockUpstreams, mockUpstreams, type ReceivedRequest } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { allIds, answersIn, flagsOf, idsIn, makeFiles } from './row-files.ts';
import { runDispatch } from './run-dispatch.ts';
import { runHere } from './run-here.ts';
import { sendOk, startApi } from './start-api.ts';

// Some start the program several times, beside the tests of other packages.
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

/** Upstreams for four kinds of rows, which tell the row of every request. */
async function startUpstreams(onRequest: (id: string) => boolean): Promise<MockUpstreams> {
  const upstreams = await mockUpstreams();
  onTestFinished(() => upstreams.close());
  const never = Promise.withResolvers<never>().promise;
  // Health checks are no requests of rows.
  const heard = ({ method, headers }: ReceivedRequest): boolean =>
    method === 'HEAD' || onRequest(String(headers['x-client-request-id']));
  upstreams.json.reply((request) => (heard(request) ? { body: {} } : never));
  upstreams.openai.reply((request) => (heard(request) ? { text: 'Yes' } : never));
  upstreams.anthropic.reply((request) => (heard(request) ? { text: 'Yes' } : never));
  upstreams.webSocket.reply((message) => {
    const { id, method } = JSON.parse(String(message)) as { id?: number; method: string };
    if (!onRequest(method)) return never;
    return JSON.stringify({ jsonrpc: '2.0', id, result: {} });
  });
  return upstreams;
}

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

function mixedRow(id: string, index: number): object {
  if (index % 4 === 0) return { id, kind: 'json', path: '/x' };
  if (index % 4 === 1) return { id, kind: 'web-socket', method: id };
  return { id, kind: index % 4 === 2 ? 'openai-sdk' : 'anthropic-sdk', chat };
}

describe('dispatch that is stopped', () => {
  it('goes on after kill -9 and sends no row again that has its line', async () => {
    const files = makeFiles(allIds(48).map(mixedRow));
    const served: string[] = [];
    let victim: ChildProcess | undefined;
    let requestsLeft = 30;
    const upstreams = await startUpstreams((id) => {
      served.push(id);
      requestsLeft -= 1;
      if (requestsLeft > 0) return true;
      // Nothing is answered any more, so that it cannot end in another way.
      victim?.kill('SIGKILL');
      return false;
    });
    const args = flagsOf(
      files,
      `--json-base-url=${upstreams.json.baseUrl}`,
      `--web-socket-base-url=${upstreams.webSocket.url}`,
      `--openai-sdk-base-url=${upstreams.openai.baseUrl}`,
      `--anthropic-sdk-base-url=${upstreams.anthropic.baseUrl}`,
      '--concurrency=6',
    );

    const killed = await runDispatch(args, { started: (child) => (victim = child) });
    expect(killed).toMatchObject({ signal: 'SIGKILL', status: null, stdout: '' });
    appendFileSync(files.output, '{"id":"row-47","kind":"js');
    const written = wholeLines(files.output);
    served.length = 0;
    requestsLeft = Infinity;
    const { report } = await runHere(args);

    expect(report).toMatchObject({ rows: 48, ok: 48, unanswered: 0 });
    expect(readFileSync(files.output, 'utf8').startsWith(written)).toBe(true);
    expect(idsIn(files.output).toSorted()).toEqual(allIds(48).toSorted());
    // All but those that were in flight when it was killed.
    expect(idsOf(written).length).toBeGreaterThanOrEqual(30 - 6);
    const others = allIds(48).filter((id) => !idsOf(written).includes(id));
    expect(served.toSorted()).toEqual(others.toSorted());
  });

  it('finishes the rows in flight when it is interrupted, and goes on the next time', async () => {
    const files = makeFiles(60);
    let running: ChildProcess | undefined;
    let requests = 0;
    const interrupted = Promise.withResolvers<void>();
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      if (requests === 15) running?.kill('SIGINT');
      if (requests < 15) sendOk(response);
      else void interrupted.promise.then(() => sendOk(response));
    });
    const args = flagsOf(files, '--base-url', baseUrl, '--concurrency', '5');

    const ended = await runDispatch(args, {
      started: (child) => {
        running = child;
        child.stderr?.on('data', (text: Buffer) => {
          if (text.includes('interrupted')) interrupted.resolve();
        });
      },
    });

    expect(ended.status).toBe(130);
    expect(ended.stderr).toContain('interrupted: the rows in flight are finished');
    const done = idsIn(files.output).length;
    expect(done).toBe(requests);
    expect(ended.stdout).toContain(`60 rows: ${done} answered, 0 failed, ${60 - done} not done`);
    expect((await runHere(args)).report).toMatchObject({ ok: 60, unanswered: 0 });
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
      expect((await runHere(args)).report).toMatchObject({ ok: 200, unanswered: 0 });
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

    await runHere(args);
    expect(answersIn(files.output).get('row-2')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { name: 'PermissionError', status: 403, sent: 'yes' },
    });
    isBroken = false;
    expect((await runHere(args)).report).toMatchObject({ rows: 4, ok: 3, failed: 1 });
    expect((await runHere([...args, '--retry-failed'])).report).toMatchObject({ rows: 4, ok: 4 });
    expect(idsIn(files.output).toSorted()).toEqual(allIds(4));
  });

  it('refuses answers to other rows, and those of a rehearsal in place of real ones', async () => {
    const files = makeFiles(2);
    const baseUrl = await startApi((_id, response) => sendOk(response));
    const args = flagsOf(files, '--base-url', baseUrl);
    await runHere(args);

    await expect(runHere(flagsOf(files, '--rehearse'))).rejects.toThrow(
      '2 of its answers are of real upstreams, and this is a rehearsal',
    );
    writeFileSync(files.input, '{"id":"row-1","kind":"json","path":"/edited"}\n');
    await expect(runHere(args)).rejects.toThrow(
      '1 of its answers are to other requests than the rows',
    );
    await runHere([...args, '--fresh']);

    expect(idsIn(files.output)).toEqual(['row-1']);
    expect(idsIn(`${files.output}.previous`)).toHaveLength(2);
  });

  it('refuses one that a running process writes to', async () => {
    const files = makeFiles(1);
    writeFileSync(`${files.output}.lock`, String(process.ppid));

    await expect(runHere(flagsOf(files))).rejects.toThrow(
      `process ${process.ppid} is writing to it`,
    );
  });
});
