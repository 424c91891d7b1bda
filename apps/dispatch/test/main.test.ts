import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { printReport } from '../src/report/print-report.ts';
import { answersIn, flagsOf, makeFiles } from './row-files.ts';
import { runDispatch } from './run-dispatch.ts';
import { runHere } from './run-here.ts';
import { sendOk, startApi } from './start-api.ts';

// Some start the program, beside the tests of other packages.
vi.setConfig({ testTimeout: 30_000 });

describe('dispatch', () => {
  it('refuses bad flags and bad input with status 2, and sends nothing', async () => {
    const requests: string[] = [];
    const baseUrl = await startApi((id, response) => {
      requests.push(id);
      sendOk(response);
    });
    const files = makeFiles([{ id: 'a', kind: 'json', path: '/' }, { id: 'a' }]);

    const flags = await runDispatch(['--concurrency', 'many', '--colour']);

    expect(flags).toMatchObject({ status: 2, stdout: '' });
    expect(flags.stderr).toContain('--concurrency: expected an integer from 1 to 1000, found');
    expect(flags.stderr).toContain('--colour: there is no such flag');
    await expect(runHere(flagsOf(files, '--base-url', baseUrl))).rejects.toThrow(
      'line 2: id: expected one of its own',
    );
    expect(requests).toEqual([]);
    expect(existsSync(files.output)).toBe(false);
  });

  it('refuses an environment that no client can be made of, before anything is sent', async () => {
    const files = makeFiles(1);

    const ended = await runDispatch([...flagsOf(files), '--rehearse'], {
      env: { LINKSPAN_CONNECT_MS: 'soon' },
    });

    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toContain('LINKSPAN_CONNECT_MS: expected');
    expect(answersIn(files.output).size).toBe(0);
  });

  it('never repeats what may have been processed, unless the row says that it may', async () => {
    const row = { kind: 'json', path: '/orders', method: 'POST', body: {} };
    const files = makeFiles([
      { ...row, id: 'once' },
      { ...row, id: 'often', idempotent: true },
    ]);
    const keys: Record<string, unknown[]> = { once: [], often: [] };
    const baseUrl = await startApi((id, response, request) => {
      keys[id]?.push(request.headers['idempotency-key']);
      if (keys[id]?.length === 1) request.socket.resetAndDestroy();
      else sendOk(response);
    });

    await runHere(flagsOf(files, '--base-url', baseUrl));

    const answers = answersIn(files.output);
    expect(answers.get('once')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'connection_reset', sent: 'maybe' },
    });
    expect(answers.get('often')).toMatchObject({
      status: 'ok',
      attempts: 2,
      retries: ['connection_reset'],
    });
    expect(keys['once']).toEqual([undefined]);
    expect(keys['often']).toHaveLength(2);
    expect(keys['often']?.[1]).toBe(keys['often']?.[0]);
    expect(keys['often']?.[0]).toMatch(/^dispatch-[0-9a-f]{16}$/);
  });

  it('takes a page in place of an answer for a failure, and asks again', async () => {
    const files = makeFiles(1);
    let requests = 0;
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      if (requests > 1) sendOk(response);
      else response.setHeader('content-type', 'text/html').end('<p>Sign in');
    });

    await runHere(flagsOf(files, '--base-url', baseUrl));

    expect(answersIn(files.output).get('row-0')).toMatchObject({ status: 'ok', attempts: 2 });
  });

  it('gives up after its retries, and says why', async () => {
    const files = makeFiles(1);
    const baseUrl = await startApi((_id, response) => {
      response.writeHead(503, { 'retry-after-ms': '1' }).end();
    });

    await runHere(flagsOf(files, '--base-url', baseUrl, '--retries', '3'));

    expect(answersIn(files.output).get('row-0')).toMatchObject({
      status: 'failed',
      attempts: 4,
      retries: ['unavailable', 'unavailable', 'unavailable'],
      error: { name: 'OverloadedError', status: 503 },
    });
  });

  it('sends a key to its own base URL, and writes it nowhere', async () => {
    const files = makeFiles(2);
    const seen: (string | undefined)[] = [];
    const baseUrl = await startApi((_id, response, { headers }) => {
      seen.push(headers.authorization);
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(`{"error":{"message":"Incorrect key: ${headers.authorization}"}}`);
    });

    const { report, notes } = await runHere(flagsOf(files), {
      env: {
        LINKSPAN_BASE_URL: baseUrl,
        LINKSPAN_API_KEY: 'canary-key-1',
        OPENAI_API_KEY: 'canary-key-2',
      },
    });

    expect(seen).toEqual(['Bearer canary-key-1', 'Bearer canary-key-1']);
    const output = readFileSync(files.output, 'utf8');
    const everything = notes.join('\n') + printReport(report) + JSON.stringify(report) + output;
    expect(everything).toContain('AuthenticationError');
    expect(everything).not.toContain('canary');
  });

  it('prints its help and its version', async () => {
    const [help, version] = await Promise.all([
      runDispatch(['--help']),
      runDispatch(['--version']),
    ]);

    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('--base-url URL');
    expect(version).toMatchObject({ status: 0, stdout: '0.0.0\n' });
  });
});
