import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
};

describe('dispatch without a base URL', () => {
  it(
    'E34 answers the sample though an upstream crashes, goes on, and begins anew',
    { timeout: 60_000 },
    async () => {
      const output = join(temporaryFolder(), 'answers.jsonl');

      const ended = await runDispatch(['--output', output, '--json']);

      expect(ended).toMatchObject({ status: 0, signal: null });
      expect(ended.stderr).toContain('the upstream of the agent rows crashed, and is restarted');
      const report = JSON.parse(ended.stdout) as Report;
      expect(report).toMatchObject({ rows: 245, unanswered: 0 });
      expect(report.upstreams.map(({ kind }) => kind)).toEqual(['json', 'chat', 'agent']);
      for (const upstream of report.upstreams) {
        expect(upstream.ok).toBeGreaterThan(75);
        expect(upstream.attempts).toBeGreaterThan(upstream.rows);
        expect(upstream.durationMs.p95).toBeGreaterThan(upstream.durationMs.p50);
      }
      const [json, chat, agent] = report.upstreams;
      expect(chat?.incompleteStreams).toBeGreaterThan(3);
      expect(agent?.incompleteStreams).toBeGreaterThan(3);
      expect(chat?.outputTokens).toBeGreaterThan(1000);
      expect(chat?.timeToFirstEventMs?.p50).toBeGreaterThan(0);
      expect(Object.keys({ ...json?.retries, ...chat?.retries, ...agent?.retries })).toEqual(
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
      expect(answers.size).toBe(245);
      for (const [id, code] of Object.entries(mistakes)) {
        expect(answers.get(id)).toMatchObject({ status: 'failed', error: { code } });
      }
      expect(existsSync(`${output}.lock`)).toBe(false);

      const lines = readFileSync(output, 'utf8').split('\n').slice(0, 235);
      writeFileSync(output, `${lines.join('\n')}\n`);
      const resumed = await runDispatch(['--output', output]);
      expect(resumed.status).toBe(0);
      expect(resumed.stderr).toContain('has the answers to 235 of 245 rows');
      expect(readFileSync(output, 'utf8').startsWith(lines.join('\n'))).toBe(true);
      expect(answersIn(output).size).toBe(245);

      const again = await runDispatch(['--output', output], {
        started: (child) => child.stderr?.once('data', () => child.kill('SIGTERM')),
      });
      expect(again.status).toBe(143);
      expect(again.stderr).toContain('the sample is sent anew');
      expect(answersIn(`${output}.previous`).size).toBe(245);
      expect(answersIn(output).size).toBeLessThan(245);
    },
  );

  it('writes what came back from each kind of upstream', { timeout: 20_000 }, async () => {
    const ids = ['json-002', 'chat-001', 'chat-004', 'agent-001', 'agent-007', 'agent-009'];
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
    expect(answers.get('agent-001')).toMatchObject({
      answer: { text: expect.stringMatching(/^The harbourmaster says: /) },
    });
    const roles = ['user', 'assistant', 'user', 'assistant'];
    expect(answers.get('agent-007')).toMatchObject({
      answer: {
        text: expect.stringContaining('(turn 2)'),
        messages: roles.map((role) => ({ role })),
      },
    });
    expect(answers.get('agent-009')).toMatchObject({ usage: { outputTokens: expect.any(Number) } });
  });
});
