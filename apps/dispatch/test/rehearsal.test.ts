import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowKinds } from '../src/input/row.ts';
import type { Report } from '../src/report/report.ts';
import { answersIn, flagsOf, makeFiles } from './row-files.ts';
import { runDispatch } from './run-dispatch.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The rows of the sample that cannot be answered, and why. */
const mistakes = {
  'json-missing': 'not_found',
  'json-invalid': 'invalid_request',
  'chat-unknown-model': 'not_found',
  'chat-bad-limit': 'invalid_request',
  'agent-unknown': 'not_found',
  'messages-unknown-model': 'not_found',
};

describe('dispatch without a base URL', () => {
  it(
    'E34 answers the sample though an upstream crashes, goes on, and begins anew',
    { timeout: 90_000 },
    async () => {
      const output = join(temporaryFolder(), 'answers.jsonl');

      const ended = await runDispatch(['--output', output, '--json']);

      expect(ended).toMatchObject({ status: 0, signal: null });
      expect(ended.stderr).toContain('the upstream of the agent rows crashed, and is restarted');
      const report = JSON.parse(ended.stdout) as Report;
      expect(report).toMatchObject({ rows: 366, unanswered: 0 });
      expect(report.upstreams.map(({ kind }) => kind)).toEqual(rowKinds);
      for (const upstream of report.upstreams) {
        expect(upstream.ok).toBeGreaterThan(0.9 * upstream.rows);
        expect(upstream.attempts).toBeGreaterThan(upstream.rows);
        expect(upstream.durationMs.p95).toBeGreaterThan(upstream.durationMs.p50);
      }
      const [, chat, messages, ...agents] = report.upstreams;
      for (const { incompleteStreams, timeToFirstEventMs } of [chat!, messages!, ...agents]) {
        expect(incompleteStreams).toBeGreaterThan(1);
        expect(timeToFirstEventMs?.p50).toBeGreaterThan(0);
      }
      expect(chat?.outputTokens).toBeGreaterThan(1000);
      expect(messages?.outputTokens).toBeGreaterThan(500);
      const reasons = report.upstreams.map(({ retries }) => retries);
      expect(Object.keys(Object.assign({}, ...reasons))).toEqual(
        expect.arrayContaining([
          'rate_limit',
          'unavailable',
          'connection_reset',
          'incomplete_stream',
          'first_event_timeout',
          'idle_timeout',
          'sse_content_type',
        ]),
      );
      const answers = answersIn(output);
      expect(answers.size).toBe(366);
      for (const [id, code] of Object.entries(mistakes)) {
        expect(answers.get(id)).toMatchObject({ status: 'failed', error: { code } });
      }
      expect(existsSync(`${output}.lock`)).toBe(false);

      const lines = readFileSync(output, 'utf8').split('\n').slice(0, 356);
      writeFileSync(output, `${lines.join('\n')}\n`);
      const resumed = await runDispatch(['--output', output]);
      expect(resumed.status).toBe(0);
      expect(resumed.stderr).toContain('has the answers to 356 of 366 rows');
      expect(readFileSync(output, 'utf8').startsWith(lines.join('\n'))).toBe(true);
      expect(answersIn(output).size).toBe(366);

      const again = await runDispatch(['--output', output], {
        started: (child) => child.stderr?.once('data', () => child.kill('SIGTERM')),
      });
      expect(again.status).toBe(143);
      expect(again.stderr).toContain('the sample is sent anew');
      expect(answersIn(`${output}.previous`).size).toBe(366);
      expect(answersIn(output).size).toBeLessThan(366);
    },
  );

  it('writes what came back from each kind of upstream', { timeout: 20_000 }, async () => {
    const ids = [
      'json-002',
      'chat-001',
      'chat-004',
      'messages-001',
      'messages-004',
      'messages-009',
      'agent-001',
      'agent-007',
      'agent-009',
      'vercel-ui-007',
      'ag-ui-001',
      'ag-ui-007',
    ];
    const sample = readFileSync(new URL('../sample/requests.jsonl', import.meta.url), 'utf8');
    const rows = sample.split('\n').filter((line) => ids.some((id) => line.includes(`"${id}"`)));
    const files = makeFiles(rows);

    const ended = await runDispatch(flagsOf(files));

    expect(ended.status).toBe(0);
    const answers = answersIn(files.output);
    expect(answers.get('json-002')).toMatchObject({
      status: 'ok',
      answer: { httpStatus: 200, json: { number: 1001 } },
      upstream: 'rehearsal',
    });
    expect(answers.get('chat-001')).toMatchObject({
      answer: { text: expect.stringMatching(/\w+ \w+/), finishReason: 'stop' },
      usage: { outputTokens: expect.any(Number) },
      timeToFirstEventMs: expect.any(Number),
    });
    expect(answers.get('chat-004')).toMatchObject({
      answer: {
        finishReason: 'tool_calls',
        toolCalls: [{ id: 'call_1', name: 'open_ticket', arguments: expect.stringContaining('{') }],
      },
    });
    expect(answers.get('messages-001')).toMatchObject({
      answer: { text: expect.stringMatching(/\w+ \w+/), finishReason: 'end_turn' },
      usage: { outputTokens: expect.any(Number) },
    });
    expect(answers.get('messages-004')).toMatchObject({
      answer: { finishReason: 'tool_use', toolCalls: [{ name: 'open_ticket' }] },
    });
    expect(answers.get('messages-009')).toMatchObject({ answer: { finishReason: 'max_tokens' } });
    expect(answers.get('ag-ui-001')).toMatchObject({
      answer: { text: expect.stringMatching(/^The harbourmaster says: /) },
    });
    expect(answers.get('agent-001')).toMatchObject({
      answer: { text: expect.stringMatching(/^The harbourmaster says: /) },
    });
    const roles = ['user', 'assistant', 'user', 'assistant'];
    for (const id of ['agent-007', 'vercel-ui-007', 'ag-ui-007']) {
      expect(answers.get(id)).toMatchObject({
        answer: {
          text: expect.stringContaining('(turn 2)'),
          messages: roles.map((role) => ({ role })),
        },
      });
    }
    expect(answers.get('agent-009')).toMatchObject({ usage: { outputTokens: expect.any(Number) } });
  });
});
