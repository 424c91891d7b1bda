import {
  AuthenticationError,
  GatewayTimeoutError,
  InvalidRequestError,
  OverloadedError,
  PermissionError,
  RateLimitError,
  ServerError,
  StatusError,
  StreamIncompleteError,
} from '@linkspan/core';
import { gemini } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { splitBySize } from '../split-bytes.ts';
import { bytesOf, sseOf } from '../sse-text.ts';

/** A chunk of one candidate. */
function chunk(parts: readonly object[], rest: object = {}): object {
  return { candidates: [{ content: { role: 'model', parts }, ...rest }] };
}

const text = (words: string): object => chunk([{ text: words }]);
const stop = chunk([{ text: '' }], { finishReason: 'STOP', index: 0 });

describe('gemini', () => {
  it('adds up text, thoughts, function calls, finish reason and usage', async () => {
    const { partial, outcome } = await readStream(
      sseOf(
        chunk([{ text: 'Hm.', thought: true }]),
        text('Hel'),
        chunk([{ text: 'lo' }, { functionCall: { name: 'add', args: { a: 1 }, id: 'c1' } }]),
        chunk([{ functionCall: { name: 'now', args: {} }, thoughtSignature: 'x' }]),
        chunk([{ executableCode: { code: '1' } }, { inlineData: { mimeType: 'a/b', data: 'AA' } }]),
        {
          ...stop,
          usageMetadata: {
            promptTokenCount: 10,
            toolUsePromptTokenCount: 3,
            cachedContentTokenCount: 4,
            candidatesTokenCount: 5,
            thoughtsTokenCount: 6,
            totalTokenCount: 24,
          },
        },
        { usageMetadata: { trafficType: 'ON_DEMAND' } },
      ),
      gemini,
    );

    const usage = {
      inputTokens: 13,
      outputTokens: 11,
      totalTokens: 24,
      cachedInputTokens: 4,
      reasoningTokens: 6,
    };
    expect(partial).toEqual({
      text: 'Hello',
      reasoning: 'Hm.',
      toolCalls: [
        { id: 'c1', name: 'add', arguments: '{"a":1}' },
        { id: '', name: 'now', arguments: '{}' },
      ],
      finishReason: 'STOP',
      usage,
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: 'finishReason',
      finishReason: 'STOP',
      usage,
      events: 7,
    });
  });

  it.each(['MAX_TOKENS', 'SAFETY', 'RECITATION', 'MALFORMED_FUNCTION_CALL', 'OTHER', 'NEW_ONE'])(
    'is complete with the finish reason %s, and tells it',
    async (finishReason) => {
      const { outcome } = await readStream(
        sseOf(text('a'), { candidates: [{ finishReason }] }),
        gemini,
      );

      expect(outcome).toMatchObject({ status: 'complete', finishReason });
    },
  );

  it('takes a reason that is none for none', async () => {
    const { outcome } = await readStream(
      sseOf(chunk([{ text: 'a' }], { finishReason: 'FINISH_REASON_UNSPECIFIED' })),
      gemini,
    );

    expect(outcome.status).toBe('incomplete');
  });

  it('tells a prompt that was blocked as an answer without text', async () => {
    const { outcome, partial } = await readStream(
      sseOf({
        promptFeedback: { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: 'Not that.' },
        usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
      }),
      gemini,
    );

    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: 'promptFeedback',
      finishReason: 'PROHIBITED_CONTENT',
    });
    expect(outcome.usage).toEqual({ inputTokens: 9, totalTokens: 9 });
    expect(partial).toMatchObject({ text: '', refusal: 'Not that.' });
  });

  it('takes feedback on a prompt that was not blocked for no end', async () => {
    const { outcome } = await readStream(sseOf({ promptFeedback: { safetyRatings: [] } }), gemini);

    expect(outcome.status).toBe('incomplete');
  });

  it('waits for every candidate that began, also behind the end of another', async () => {
    const other = { candidates: [{ index: 1, content: { parts: [{ text: 'b' }] } }] };
    const otherStop = { candidates: [{ index: 1, finishReason: 'STOP' }] };

    const cut = await readStream(sseOf(text('a'), stop, other), gemini);
    const whole = await readStream(sseOf(text('a'), stop, other, otherStop), gemini);

    expect(cut.error).toBeInstanceOf(StreamIncompleteError);
    expect(whole.outcome.status).toBe('complete');
    expect(whole.partial.text).toBe('a');
  });

  it('goes on with a candidate that says more behind its finish reason', async () => {
    const every = chunk([{ text: 'a' }], { finishReason: 'STOP' });

    const cut = await readStream(sseOf(every, text('b')), gemini);
    const whole = await readStream(sseOf(every, every), gemini);

    expect(cut.outcome.status).toBe('incomplete');
    expect(whole.outcome).toMatchObject({ status: 'complete', finishReason: 'STOP' });
  });

  it('takes a signature behind the finish reason for nothing more', async () => {
    const signature = chunk([{ text: '', thoughtSignature: 'x' }]);

    const { outcome } = await readStream(sseOf(text('a'), stop, signature), gemini);

    expect(outcome).toMatchObject({ status: 'complete', finishReason: 'STOP', events: 3 });
  });

  it('counts thoughts as output when nothing else came out', async () => {
    const usageMetadata = { thoughtsTokenCount: 6 };

    const { outcome } = await readStream(
      sseOf({ candidates: [{ finishReason: 'MAX_TOKENS' }], usageMetadata }),
      gemini,
    );

    expect(outcome.usage).toEqual({ outputTokens: 6, reasoningTokens: 6 });
  });

  it('ends at the [DONE] that some proxies add', async () => {
    const { outcome } = await readStream(sseOf(text('a'), stop, '[DONE]', '{oops'), gemini);

    expect(outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('passes chunks on that it does not know', async () => {
    const future = { wisdom: { deep: true } };

    const { events } = await readStream(sseOf(future, stop), gemini);

    expect(events).toEqual([future, stop]);
  });

  it('asks for server-sent events where the answer is a list', async () => {
    const list = bytesOf(JSON.stringify([text('a'), stop]));

    const { error } = await readStream(list, gemini, { 'content-type': 'application/json' });

    expect(error).toMatchObject({
      name: 'ProtocolError',
      code: 'sse_content_type',
      message: expect.stringContaining('alt=sse'),
    });
  });

  it.each([[4_294_967_295], [-1], ['__proto__'], ['constructor'], [{}]])(
    'takes the index %j of a candidate for a name',
    async (index) => {
      const { partial } = await readStream(
        sseOf(text('a'), { candidates: [{ index, content: { parts: [{ text: 'b' }] } }] }, stop),
        gemini,
      );

      expect(partial.text).toBe('a');
    },
  );

  it('fails a stream that numbers its candidates without end', async () => {
    const candidates = Array.from({ length: 1025 }, (_, index) => ({ index }));

    const { error } = await readStream(sseOf({ candidates }), gemini);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_candidates' });
  });
});

describe('an error inside a gemini stream', () => {
  it.each([
    [400, 'INVALID_ARGUMENT', InvalidRequestError, 'no'],
    [400, 'FAILED_PRECONDITION', InvalidRequestError, 'no'],
    [401, 'UNAUTHENTICATED', AuthenticationError, 'no'],
    [403, 'PERMISSION_DENIED', PermissionError, 'no'],
    [429, 'RESOURCE_EXHAUSTED', RateLimitError, 'yes'],
    [499, 'CANCELLED', StatusError, 'no'],
    [500, 'INTERNAL', ServerError, 'if-idempotent'],
    [501, 'UNIMPLEMENTED', ServerError, 'no'],
    [503, 'UNAVAILABLE', OverloadedError, 'if-idempotent'],
    [504, 'DEADLINE_EXCEEDED', GatewayTimeoutError, 'if-idempotent'],
  ])(
    '%i %s is classified by its code, or by its status alone',
    async (code, status, errorClass, retryable) => {
      for (const error of [
        { code, message: 'Sorry.', status },
        { message: 'Sorry.', status },
      ]) {
        // oxlint-disable-next-line no-await-in-loop -- one form after the other
        const read = await readStream(sseOf(text('a'), { error }, stop), gemini);

        expect(read.error).toBeInstanceOf(errorClass);
        expect(read.error).toMatchObject({
          status: code,
          retryable,
          message: expect.stringContaining(status),
        });
      }
    },
  );

  const overload = {
    error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
  };

  it.each([
    ['in a list', `data: ${JSON.stringify([overload])}\n\n`],
    ['between the events', `${JSON.stringify(overload)}\n\n`],
    ['between the events, as a list', `${JSON.stringify([overload])}\n`],
    ['between the events, over several lines', `${JSON.stringify(overload, null, 2)}\n`],
    ['between the events, as a list over several lines', JSON.stringify([overload], null, 2)],
    ['as Google prints a list', `[${JSON.stringify(overload, null, 2)}\n]\n`],
  ])('is seen %s, in any split', async (_, wire) => {
    const bytes = bytesOf(`data: ${JSON.stringify(text('a'))}\r\n\r\n${wire}`);
    for (const size of [1, 7, bytes.length]) {
      // oxlint-disable-next-line no-await-in-loop
      const read = await readStream(splitBySize(bytes, size), gemini);

      expect(read.error).toBeInstanceOf(OverloadedError);
      expect(read.events).toHaveLength(1);
    }
  });

  it('is incomplete, not whole, when an error between the events is cut', async () => {
    const wire = `data: ${JSON.stringify(text('a'))}\n\n{"error": {"code": 503`;

    expect((await readStream(bytesOf(wire), gemini)).outcome.status).toBe('incomplete');
  });

  it('is told from lines that are no field and no JSON', async () => {
    const wire = `hello\n[]hm\nretry: 5\ndata: ${JSON.stringify(stop)}\n\n`;

    expect((await readStream(bytesOf(wire), gemini)).error).toBeUndefined();
  });

  it('does not collect what stands between the events without end', async () => {
    const endless = bytesOf(`{\n${'  "a": 1,\n'.repeat(10_000)}`);
    const never = bytesOf(`{"a":\n${'}\n'.repeat(9)}`);

    for (const wire of [endless, never]) {
      // oxlint-disable-next-line no-await-in-loop
      const { error } = await readStream(wire, gemini);

      expect(error).toMatchObject({ name: 'DeserializationError' });
    }
  });
});
