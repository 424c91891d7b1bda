import type { Answer } from '../src/output/answer.ts';

type Parts = Partial<Omit<Answer, 'answer' | 'error'>>;

const facts = {
  kind: 'json',
  attempts: 1,
  retries: [],
  durationMs: 10,
  upstream: 'rehearsal',
  requestHash: '0123456789abcdef',
  finishedAt: '2026-11-21T10:00:00.000Z',
} as const;

/** A line of the output that is an answer. */
export function makeAnswer(id: string, parts: Parts = {}): Answer {
  return { ...facts, ...parts, id, status: 'ok', answer: { text: `answer to ${id}` } };
}

/** A line of the output that is a failure. */
export function makeFailure(id: string, code: string, parts: Parts = {}): Answer {
  const error = { name: 'TransportError', message: `Cannot answer ${id}`, code };
  return { ...facts, ...parts, id, status: 'failed', error };
}
