import { ConfigurationError, type Outcome } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import { type StreamFault, streamFaults, type StreamSample } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askRaw } from './raw-client.ts';
import { startFaultServer } from './start-fault-server.ts';

const event = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

const sample: StreamSample = {
  contentType: 'text/event-stream',
  events: [event('Grüße '), event('an '), event('alle'), event('', 'stop'), 'data: [DONE]\n\n'],
  terminal: 2,
  error: 'data: {"error":{"message":"Overloaded","code":502}}\n\n',
  noProgress: event(''),
  malformed: 'data: {"broken\n\n',
};

/** Reads the stream of a fault with a client that does not try again. */
async function visit({
  play,
  requests,
  expect: mayBe,
}: StreamFault): Promise<{ outcome: Outcome; text: string }> {
  const server = await startFaultServer();
  // What is complete has all the time; what waits for ever shall not.
  const ms = mayBe === 'complete' ? 5_000 : 80;
  const clocks = { firstEventMs: ms, idleMs: ms, eventIdleMs: ms };
  const client = createHttpClient({ retry: false, ...clocks, env: {} });
  onTestFinished(() => client.close());
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

describe('streamFaults()', () => {
  it.each(streamFaults(sample))(
    'is a stream that a client calls what it may: $id, $expect',
    async (fault) => {
      const { outcome, text } = await visit(fault);
      const isComplete = outcome.status === 'complete';
      const mayBe = fault.expect === 'either' ? [true, false] : [fault.expect === 'complete'];

      expect(mayBe).toContain(isComplete);
      expect(!isComplete || text.includes('alle')).toBe(true);
    },
  );

  it('cuts at every boundary that it is told', async () => {
    const server = await startFaultServer();
    for (let cut = 0; cut < sample.events.length; cut++) {
      const fault = streamFaults(sample, { cutAfterEvents: cut }).find(
        ({ id }) => id === 'eof-before-terminator',
      );
      // oxlint-disable-next-line no-await-in-loop -- one request after another
      const { text } = await askRaw(server.script(fault!.play), { untilText: '\r\n0\r\n\r\n' });
      expect(text.match(/^data:/gm) ?? []).toHaveLength(cut);
    }
  });

  it('leaves out what cannot be made of a sample', () => {
    const lines = { contentType: 'application/x-ndjson', events: ['{"a":1}\n'], terminal: 0 };
    const ids = streamFaults(lines).map(({ id }) => id);

    expect(ids).toContain('reset-after-events');
    expect(ids).toContain('crlf');
    for (const absent of ['cr', 'comments-only', 'eof-before-terminator', 'error-event']) {
      expect(ids).not.toContain(absent);
    }
  });

  it('writes lines, names and ids as its titles say', async () => {
    const server = await startFaultServer();
    const named: StreamSample = {
      contentType: 'text/event-stream',
      events: ['event: a\ndata: 1\n\n', 'event: b\nid: 9\ndata: 2\n\n'],
      terminal: 1,
    };
    const bodyOf = async (id: string): Promise<string> => {
      const fault = streamFaults(named).find((entry) => entry.id === id);
      return await (await fetch(server.script(fault!.play))).text();
    };

    expect(await bodyOf('cr')).toBe('event: a\rdata: 1\r\revent: b\rid: 9\rdata: 2\r\r');
    expect(await bodyOf('no-event-names')).toBe('data: 1\n\nid: 9\ndata: 2\n\n');
    expect((await bodyOf('duplicate-ids')).match(/id: \d|data: \d/g)).toEqual([
      'id: 0',
      'data: 1',
      'id: 0',
      'data: 1',
      'id: 1',
      'data: 2',
    ]);
    expect((await bodyOf('reordered-ids')).match(/id: \d|data: \d/g)).toEqual([
      'id: 1',
      'data: 1',
      'id: 0',
      'data: 2',
    ]);
    expect((await bodyOf('skipped-ids')).match(/id: \d/g)).toEqual(['id: 0', 'id: 2']);
  });

  it('tells all that is wrong with a sample', () => {
    expect(() => streamFaults({ contentType: 'a/b', events: [], terminal: 1 })).toThrow(
      /events: expected one or more; terminal: expected an integer from 0 to 0, found 1$/,
    );
    expect(() => streamFaults(sample, { cutAfterEvents: 5 })).toThrow(
      /cutAfterEvents: expected an integer from 0 to 4, found 5$/,
    );
    expect(() => streamFaults(sample, { cutAfterEvents: 0.5 })).toThrow(ConfigurationError);
  });
});
