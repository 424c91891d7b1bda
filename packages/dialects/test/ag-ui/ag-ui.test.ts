import { ProtocolError, StreamIncompleteError } from '@linkspan/core';
import { agUi, decodeStream } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { bytesOf, sseOf } from '../sse-text.ts';

const ids = { threadId: 't1', runId: 'r1' };
const started = { type: 'RUN_STARTED', ...ids };
const text = (delta: string, messageId = 'm1'): object => ({
  type: 'TEXT_MESSAGE_CONTENT',
  messageId,
  delta,
});
const finished = { type: 'RUN_FINISHED', ...ids };

describe('agUi', () => {
  it('adds up messages, reasoning, tool calls and usage', async () => {
    const { events, partial, outcome } = await readStream(
      sseOf(
        started,
        { type: 'REASONING_START', messageId: 's1' },
        { type: 'REASONING_MESSAGE_START', messageId: 'x1', role: 'reasoning' },
        { type: 'REASONING_MESSAGE_CONTENT', messageId: 'x1', delta: 'hm' },
        { type: 'REASONING_MESSAGE_END', messageId: 'x1' },
        { type: 'REASONING_END', messageId: 's1' },
        { type: 'TEXT_MESSAGE_START', messageId: 'm1' },
        text('Hel'),
        { type: 'TOOL_CALL_START', toolCallId: 'c1', toolCallName: 'add' },
        { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '{"a":' },
        text('lo'),
        { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '1}' },
        { type: 'TOOL_CALL_END', toolCallId: 'c1' },
        { type: 'TOOL_CALL_RESULT', messageId: 'm2', toolCallId: 'c1', content: '2' },
        { type: 'TEXT_MESSAGE_END', messageId: 'm1' },
        {
          ...finished,
          result: 7,
          usage: [
            { model: 'small', inputTokens: 3, outputTokens: 1, cachedInputTokens: 2 },
            { model: 'large', inputTokens: 4, cacheWriteInputTokens: 1 },
          ],
        },
      ),
      agUi,
    );

    const usage = {
      inputTokens: 7,
      outputTokens: 1,
      cachedInputTokens: 2,
      cacheWriteTokens: 1,
    };
    expect(partial).toMatchObject({
      text: 'Hello',
      reasoning: 'hm',
      toolCalls: [{ id: 'c1', name: 'add', arguments: '{"a":1}' }],
      finishReason: 'RUN_FINISHED',
      usage,
      finished: { result: 7 },
      messageId: 'm1',
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: 'RUN_FINISHED',
      finishReason: 'RUN_FINISHED',
      usage,
      events: 16,
    });
    expect(events).toHaveLength(16);
  });

  it('puts messages that come side by side together by their ids', async () => {
    const { partial } = await readStream(
      sseOf(started, text('1', 'a'), text('3', 'b'), text('2', 'a'), finished),
      agUi,
    );

    expect(partial.text).toBe('123');
  });

  it('goes on with a message that is opened again', async () => {
    const open = { type: 'TEXT_MESSAGE_START', messageId: 'a' };
    const { partial } = await readStream(
      sseOf(started, open, text('1', 'a'), text('3', 'b'), open, text('2', 'a'), finished),
      agUi,
    );

    expect(partial.text).toBe('123');
  });

  it('reads the short forms, which go on with what is open', async () => {
    const { partial } = await readStream(
      sseOf(
        started,
        { type: 'TEXT_MESSAGE_CHUNK', messageId: 'a', role: 'assistant', delta: 'Hel' },
        { type: 'TEXT_MESSAGE_CHUNK', delta: 'lo' },
        { type: 'TEXT_MESSAGE_CHUNK', metadata: { done: true } },
        { type: 'REASONING_MESSAGE_CHUNK', messageId: 'x', delta: 'h' },
        { type: 'REASONING_MESSAGE_CHUNK', delta: 'm' },
        { type: 'TOOL_CALL_CHUNK', toolCallId: 'c', toolCallName: 'add', delta: '{' },
        { type: 'TOOL_CALL_CHUNK', delta: '}' },
        finished,
      ),
      agUi,
    );

    expect(partial).toMatchObject({
      text: 'Hello',
      reasoning: 'hm',
      toolCalls: [{ id: 'c', name: 'add', arguments: '{}' }],
    });
  });

  it('keeps the short forms of subagents apart', async () => {
    const chunk = (subagentRunId: string | undefined, rest: object): object => ({
      type: 'TEXT_MESSAGE_CHUNK',
      subagentRunId,
      ...rest,
    });
    const { partial } = await readStream(
      sseOf(
        started,
        chunk('one', { messageId: 'a', delta: '1' }),
        chunk('two', { messageId: 'b', delta: '3' }),
        chunk(undefined, { messageId: 'c', delta: '5' }),
        chunk('one', { delta: '2' }),
        chunk('two', { delta: '4' }),
        chunk(undefined, { delta: '6' }),
        finished,
      ),
      agUi,
    );

    expect(partial.text).toBe('123456');
  });

  it('fails on a short form that goes on with nothing', async () => {
    const { error } = await readStream(
      sseOf(started, { type: 'TEXT_MESSAGE_CHUNK', delta: 'lo' }, finished),
      agUi,
    );

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({
      code: 'orphan_chunk',
      message:
        'Cannot read the stream: TEXT_MESSAGE_CHUNK has no messageId, and there is none to go on with',
    });
  });

  it('reads reasoning by its older names', async () => {
    const { partial } = await readStream(
      sseOf(
        started,
        { type: 'THINKING_START' },
        { type: 'THINKING_TEXT_MESSAGE_START' },
        { type: 'THINKING_TEXT_MESSAGE_CONTENT', delta: 'h' },
        { type: 'THINKING_TEXT_MESSAGE_CONTENT', delta: 'm' },
        { type: 'THINKING_TEXT_MESSAGE_END' },
        { type: 'THINKING_END' },
        finished,
      ),
      agUi,
    );

    expect(partial.reasoning).toBe('hm');
  });

  it('leaves what a snapshot tells of the thread to its event', async () => {
    const messages = [{ id: 'm0', role: 'assistant', content: 'earlier' }];
    const { events, partial } = await readStream(
      sseOf(started, text('now'), { type: 'MESSAGES_SNAPSHOT', messages }, finished),
      agUi,
    );

    expect(partial.text).toBe('now');
    expect(events[2]).toMatchObject({ messages });
  });

  it('says that a run waits for an answer', async () => {
    const outcome = { type: 'interrupt', interrupts: [{ id: 'i1', reason: 'approval' }] };
    const read = await readStream(sseOf(started, { ...finished, outcome }), agUi);

    expect(read.outcome).toMatchObject({ status: 'complete', finishReason: 'interrupt' });
    expect(read.partial.finished?.outcome).toEqual(outcome);
  });

  it.each([[{ type: 'success' }], [null], [undefined], ['success'], [{}]])(
    'takes the outcome %j for success',
    async (outcome) => {
      const read = await readStream(sseOf(started, { ...finished, outcome }), agUi);

      expect(read.outcome).toMatchObject({ status: 'complete', finishReason: 'RUN_FINISHED' });
    },
  );

  it('ends at RUN_FINISHED, whatever follows it', async () => {
    const { events, outcome } = await readStream(
      sseOf(started, text('a'), finished, '{oops', text('b'), { type: 'RUN_ERROR' }),
      agUi,
    );

    expect(events).toHaveLength(3);
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'RUN_FINISHED' });
  });

  it('reads lines that end with CRLF, and the comments of sse-starlette', async () => {
    const lines = new TextDecoder().decode(sseOf(started, text('a'), finished));
    const { partial, outcome } = await readStream(
      bytesOf(`: ping - 2026-11-21\r\n\r\n${lines.replaceAll('\n', '\r\n')}`),
      agUi,
    );

    expect(partial.text).toBe('a');
    expect(outcome.status).toBe('complete');
  });

  it('passes on events that it does not know, and fields', async () => {
    const unknown = { type: 'HOLOGRAM', x: 1 };
    const { events, outcome } = await readStream(
      sseOf({ ...started, extra: 1 }, unknown, finished),
      agUi,
    );

    expect(events).toEqual([{ ...started, extra: 1 }, unknown, finished]);
    expect(outcome.status).toBe('complete');
  });

  it.each([
    [text('a'), undefined],
    [text(''), false],
    [{ type: 'TOOL_CALL_ARGS', toolCallId: 'c', delta: '' }, false],
    [{ type: 'TEXT_MESSAGE_CHUNK', messageId: 'm' }, false],
  ])('tells that %j is progress: %s', (event, progress) => {
    const head = { status: 200, contentType: undefined, headers: {}, secrets: [] };
    const frame = { type: 'message', id: '', data: JSON.stringify(event) };

    expect(agUi.read(head).read(frame).progress).toBe(progress);
  });

  it('is incomplete without an end, and keeps what came', async () => {
    const { error, partial, outcome } = await readStream(sseOf(started, text('Hel')), agUi);

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(partial.text).toBe('Hel');
    expect(outcome).toMatchObject({ status: 'incomplete', events: 2 });
  });

  it('is incomplete when it is empty', async () => {
    const { error } = await readStream(bytesOf(': ping\n\n'), agUi);

    expect(error).toBeInstanceOf(StreamIncompleteError);
  });

  it('refuses the binary form', async () => {
    const contentType = 'application/vnd.ag-ui.event+proto';
    const stream = decodeStream(new Uint8Array([0, 0, 0, 2, 8, 1]), agUi, {
      status: 200,
      headers: { 'content-type': contentType },
    });

    await expect(stream.result()).rejects.toThrow(ProtocolError);
    await expect(stream.result()).rejects.toThrow(
      `expected text/event-stream, found ${contentType} with status 200`,
    );
  });
});
