import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rowKinds } from '../src/input/row.ts';
import { Interruption } from '../src/interruption.ts';
import type { Answer } from '../src/output/answer.ts';
import type { Report } from '../src/report/report.ts';
import { answersIn } from './row-files.ts';
import { type Ended, runDispatch } from './run-dispatch.ts';
import { runHere } from './run-here.ts';

// One run of the sample for all of them; it waits for clocks more than it works.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 30_000 });

const ROWS = 309;

/** The rows of the sample that cannot be answered, and why. */
const mistakes = {
  'json-missing': 'not_found',
  'json-invalid': 'invalid_request',
  'chat-unknown-model': 'not_found',
  'chat-bad-limit': 'invalid_request',
  'agent-unknown': 'not_found',
  'messages-unknown-model': 'not_found',
  'web-socket-unknown': 'method_not_found',
  'openai-sdk-unknown-model': 'not_found',
  'anthropic-sdk-temperature': 'chat_request',
};

describe('dispatch without a base URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-'));
  const output = join(folder, 'answers.jsonl');
  let ended: Ended;
  let report: Report;
  let answers: Map<string, Answer>;

  beforeAll(async () => {
    // With so many rows in flight, one connection of the WebSocket that breaks fails a score of them.
    const flags = ['--json', '--concurrency=60', '--retries=6'];
    ended = await runDispatch(['--output', output, ...flags]);
    report = JSON.parse(ended.stdout) as Report;
    answers = answersIn(output);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('E34 answers the sample though an upstream crashes', () => {
    expect(ended).toMatchObject({ status: 0, signal: null });
    expect(ended.stderr).toContain('the upstream of the agent rows crashed, and is restarted');
    expect(report).toMatchObject({ rows: ROWS, unanswered: 0 });
    expect(answers.size).toBe(ROWS);
    expect(existsSync(`${output}.lock`)).toBe(false);
  });

  it('reports on each kind of upstream, all of which stumble', () => {
    expect(report.upstreams.map(({ kind }) => kind)).toEqual(rowKinds);
    for (const upstream of report.upstreams) {
      expect(upstream.ok).toBeGreaterThan(0.7 * upstream.rows);
      expect(upstream.attempts).toBeGreaterThan(upstream.rows);
      expect(upstream.durationMs.p95).toBeGreaterThan(upstream.durationMs.p50);
      const isStreamed = upstream.kind !== 'json' && upstream.kind !== 'web-socket';
      expect(upstream.timeToFirstEventMs !== undefined).toBe(isStreamed);
    }
    const cuts = report.upstreams.map(({ incompleteStreams }) => incompleteStreams);
    expect(cuts.filter((count) => count > 0).length).toBeGreaterThanOrEqual(5);
    const models = report.upstreams.filter(({ kind }) => /^(chat|messages|.*-sdk)$/.test(kind));
    for (const { outputTokens } of models) expect(outputTokens).toBeGreaterThan(500);
    expect(Object.keys(Object.assign({}, ...report.upstreams.map((one) => one.retries)))).toEqual(
      expect.arrayContaining([
        'rate_limit',
        'unavailable',
        'connection_reset',
        'incomplete_stream',
        'first_event_timeout',
        'idle_timeout',
        'sse_content_type',
        'channel_ended',
      ]),
    );
  });

  it('shows limits, circuits, retries and the fallback at work', () => {
    const health = Object.fromEntries(report.health.map((one) => [one.id, one]));

    expect(Object.keys(health)).toEqual([...rowKinds, 'fallback']);
    for (const { checks, calls } of report.health) {
      expect(checks.successes).toBeGreaterThan(0);
      expect(calls.successes).toBeGreaterThan(0);
    }
    expect(health['messages']).toMatchObject({ state: 'connected', circuit: { state: 'closed' } });
    for (const id of ['messages', 'openai-sdk'] as const) {
      expect(health[id]?.circuit.opened).toBeGreaterThan(0);
    }
    expect(ended.stderr).toMatch(/^the upstream of the messages rows is down/m);
    expect(ended.stderr).toMatch(/^the upstream of the messages rows is back/m);
    expect(health['json']?.limits).toMatchObject({ requests: { limit: 10 } });
    expect(health['chat']?.limits).toMatchObject({ tokens: { limit: 2_000_000 } });
    for (const kind of report.upstreams) {
      const retries = Object.values(kind.retries).reduce((sum, count) => sum + count, 0);
      const own = health[kind.kind]!.retries.allowed;
      // Those that the circuit kept from being sent were allowed all the same.
      expect(own).toBeGreaterThanOrEqual(kind.fallbacks === 0 ? retries : 1);
    }
    const elsewhere = [...answers.values()].filter(({ fallback }) => fallback !== undefined);
    expect(elsewhere.length).toBeGreaterThan(0);
    for (const { id, kind, status } of elsewhere) {
      expect(status).toBe(id in mistakes ? 'failed' : 'ok');
      expect(['chat', 'openai-sdk', 'anthropic-sdk']).toContain(kind);
    }
    expect(health['fallback']?.calls.successes).toBeGreaterThanOrEqual(elsewhere.length);
  });

  it('tells what is wrong with the rows that cannot be answered', () => {
    for (const [id, code] of Object.entries(mistakes)) {
      expect(answers.get(id)).toMatchObject({ status: 'failed', error: { code } });
    }
  });

  it('writes what came back from each kind of upstream', () => {
    const said = (text: RegExp, finishReason?: string | object): object => ({
      status: 'ok',
      answer: { text: expect.stringMatching(text), ...(finishReason && { finishReason }) },
      upstream: 'rehearsal',
    });
    const told = {
      usage: { outputTokens: expect.any(Number) },
      timeToFirstEventMs: expect.any(Number),
    };
    // Where the fallback answered, in its words.
    const either = (own: string, other: string): object =>
      expect.stringMatching(new RegExp(`^(${own}|${other})$`)) as object;
    const called = (finishReason: string | object): object => ({
      answer: {
        finishReason,
        toolCalls: [{ name: 'open_ticket', arguments: expect.stringContaining('{') }],
      },
    });

    expect(answers.get('json-002')).toMatchObject({
      status: 'ok',
      answer: { httpStatus: 200, json: { number: 1001 } },
      upstream: 'rehearsal',
    });
    expect(answers.get('web-socket-002')).toMatchObject({
      status: 'ok',
      answer: { json: { number: 2001 } },
      upstream: 'rehearsal',
    });
    expect(answers.get('chat-001')).toMatchObject({ ...said(/\w+ \w+/, 'stop'), ...told });
    expect(answers.get('chat-004')).toMatchObject(called('tool_calls'));
    expect(answers.get('openai-sdk-001')).toMatchObject({ ...said(/\w+ \w+/, 'stop'), ...told });
    expect(answers.get('openai-sdk-004')).toMatchObject(called('tool_calls'));
    expect(answers.get('messages-001')).toMatchObject({ ...said(/\w+ \w+/, 'end_turn'), ...told });
    expect(answers.get('messages-004')).toMatchObject(called('tool_use'));
    expect(answers.get('messages-009')).toMatchObject(said(/./, 'max_tokens'));
    expect(answers.get('anthropic-sdk-001')).toMatchObject({
      ...said(/\w+ \w+/, either('end_turn', 'stop')),
      ...told,
    });
    expect(answers.get('anthropic-sdk-004')).toMatchObject(
      called(either('tool_use', 'tool_calls')),
    );
    expect(answers.get('anthropic-sdk-009')).toMatchObject(
      said(/./, either('max_tokens', 'length')),
    );
    for (const id of ['agent-001', 'vercel-ui-001', 'ag-ui-001']) {
      expect(answers.get(id)).toMatchObject(said(/^The harbourmaster says: /));
    }
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

  it('goes on with the sample where it was left, and begins anew when it is complete', async () => {
    const resumed = join(folder, 'resumed.jsonl');
    const lines = readFileSync(output, 'utf8')
      .split('\n')
      .slice(0, ROWS - 5);
    writeFileSync(resumed, `${lines.join('\n')}\n`);

    const { notes } = await runHere(['--output', resumed]);

    expect(notes).toContain(`${resumed} has the answers to ${ROWS - 5} of ${ROWS} rows`);
    expect(readFileSync(resumed, 'utf8').startsWith(lines.join('\n'))).toBe(true);
    expect(answersIn(resumed).size).toBe(ROWS);

    const interruption = new Interruption();
    const again = await runHere(['--output', resumed], {
      interruption,
      onNote: () => interruption.abort(),
    });

    expect(again.notes).toEqual([expect.stringContaining('the sample is sent anew')]);
    expect(again.report).toMatchObject({ rows: ROWS, unanswered: ROWS });
    expect(answersIn(`${resumed}.previous`).size).toBe(ROWS);
  });
});
