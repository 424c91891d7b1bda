import type { Outcome } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import {
  dataEvent,
  faultServer,
  type StreamFault,
  streamFaults,
  type StreamSample,
} from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/client/http-client.ts';

const event = (content: string, finish: string | null = null): string =>
  dataEvent({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });

const sample: StreamSample = {
  contentType: 'text/event-stream',
  events: [event('Grüße '), event('an '), event('alle'), event('', 'stop'), dataEvent('[DONE]')],
  terminal: 2,
  error: dataEvent({ error: { message: 'Overloaded', code: 502 } }),
  noProgress: event(''),
  malformed: dataEvent('{"broken'),
};

/** Reads the stream of a fault with a client that does not try again. */
async function visit({
  play,
  requests,
  expect: mayBe,
}: StreamFault): Promise<{ outcome: Outcome; text: string }> {
  await using server = await faultServer();
  // What is complete has all the time; what waits for ever shall not.
  const ms = mayBe === 'complete' ? 5_000 : 80;
  const clocks = { firstEventMs: ms, idleMs: ms, eventIdleMs: ms };
  await using client = createHttpClient({ retry: false, ...clocks, env: {} });
  const url = server.script(play);
  let text = '';
  let outcome: Outcome = { status: 'failed', events: 0 };
  for (let turn = 0; turn < requests; turn++) {
    const stream = client.postStream(url, {}, { dialect: openaiChat });
    text = '';
    try {
      // oxlint-disable-next-line no-await-in-loop -- one request after another
      for await (const { choices } of stream) text += choices[0]?.delta?.content ?? '';
      // oxlint-disable-next-line no-await-in-loop -- one request after another
      outcome = await (await stream).outcome;
    } catch (error) {
      outcome = { status: 'failed', events: 0, error: error as never };
    }
  }
  return { outcome, text };
}

describe('a stream of a dialect', () => {
  it.each(streamFaults(sample))(
    'is a stream that a client calls what it may: $id, $expect',
    async (fault) => {
      const { outcome, text } = await visit(fault);
      const isComplete = outcome.status === 'complete';
      const mayBe = fault.expect === 'either' ? [true, false] : [fault.expect === 'complete'];

      expect(mayBe).toContain(isComplete);
      expect(!isComplete || text.includes('Grüße an alle')).toBe(true);
    },
  );
});
