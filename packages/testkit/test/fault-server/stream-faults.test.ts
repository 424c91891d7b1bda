import { ConfigurationError } from '@linkspan/core';
import { streamFaults, type StreamSample } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
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

describe('streamFaults()', () => {
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
