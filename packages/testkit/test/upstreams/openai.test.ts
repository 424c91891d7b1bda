import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { MockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import type { StumbleKind } from '../../src/upstreams/stumble.ts';
import { startUpstreams } from './start-upstreams.ts';

const KEY = 'sk-mock-1234567890';
const user = [{ role: 'user' as const, content: 'Which berth is free?' }];

function clientOf({ openai }: MockUpstreams): OpenAI {
  return new OpenAI({ apiKey: KEY, baseURL: openai.baseUrl, maxRetries: 0 });
}

async function gather<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('upstreams.openai with the official SDK: chat completions', () => {
  it('answers at once, by default with what it was asked', async () => {
    const upstreams = await startUpstreams();

    const completion = await clientOf(upstreams).chat.completions.create({
      model: 'mock-1',
      messages: user,
    });

    expect(completion.choices[0]).toMatchObject({
      message: { role: 'assistant', content: 'You said: Which berth is free?' },
      finish_reason: 'stop',
    });
    expect(completion.usage).toMatchObject({ completion_tokens: 8 });
    expect(completion).toMatchObject({ _request_id: expect.stringMatching(/^req_/) });
    expect(upstreams.requests).toMatchObject([
      {
        upstream: 'openai',
        method: 'POST',
        path: '/openai/v1/chat/completions',
        headers: { authorization: `Bearer ${KEY}` },
        body: { model: 'mock-1', messages: user },
        stumble: undefined,
      },
    ]);
  });

  it('streams the text in the chunks that were scripted, with usage where it is asked for', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.reply({ chunks: ['Berth', ' 4', '.'], usage: { inputTokens: 9 } });

    const stream = await clientOf(upstreams).chat.completions.create({
      model: 'mock-1',
      messages: user,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await gather(stream);

    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.content ?? []);
    expect(deltas).toEqual(['', 'Berth', ' 4', '.']);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 9 } });
    expect(chunks[0]?.usage).toBeNull();
  });

  it('streams tool calls in fragments that the helper of the SDK puts together', async () => {
    const upstreams = await startUpstreams();
    const args = { berth: 4, note: 'the second ramp' };
    upstreams.openai.reply({ toolCalls: [{ name: 'reserve', arguments: args }] });

    const stream = clientOf(upstreams).chat.completions.stream({
      model: 'mock-1',
      messages: user,
      tools: [{ type: 'function', function: { name: 'reserve', parameters: {} } }],
    });
    const completion = await stream.finalChatCompletion();

    const [choice] = completion.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const call = choice?.message.tool_calls?.[0];
    expect(call).toMatchObject({ type: 'function', function: { name: 'reserve' } });
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual(args);
  });

  it('answers by a function of the request', async () => {
    const upstreams = await startUpstreams();
    const client = clientOf(upstreams);
    upstreams.openai.reply(({ prompt, model, path }) => ({
      text: `${model} at ${path}: ${prompt.length}`,
    }));
    upstreams.openai.reply({ text: 'first' }, { times: 1 });
    const ask = async (): Promise<string | null | undefined> => {
      const { choices } = await client.chat.completions.create({ model: 'm', messages: user });
      return choices[0]?.message.content;
    };

    expect([await ask(), await ask()]).toEqual(['first', 'm at /openai/v1/chat/completions: 20']);
  });

  it('lists models, and refuses what is missing', async () => {
    const upstreams = await startUpstreams();
    const client = clientOf(upstreams);

    const models = await gather(client.models.list());
    const refused = client.chat.completions.create({ model: 'm' } as never);

    expect(models.map(({ id }) => id)).toEqual(['mock-1', 'mock-mini']);
    await expect(refused).rejects.toThrow("Missing required parameter: 'messages'.");
  });

  const classes = [
    ['rate-limit', OpenAI.RateLimitError, 429, 'rate_limit_exceeded'],
    ['overloaded', OpenAI.InternalServerError, 503, null],
    ['server-error', OpenAI.InternalServerError, 500, null],
    ['quota', OpenAI.RateLimitError, 429, 'insufficient_quota'],
    ['bad-key', OpenAI.AuthenticationError, 401, 'invalid_api_key'],
  ] as const;

  it.each(classes)(
    '%s gives the error class of the SDK',
    async (kind, ErrorClass, status, code) => {
      const upstreams = await startUpstreams();
      upstreams.openai.stumble(kind);

      const error: unknown = await clientOf(upstreams)
        .chat.completions.create({ model: 'm', messages: user })
        .catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(ErrorClass);
      expect(error).toMatchObject({ status, code, requestID: expect.stringMatching(/^req_/) });
      expect(upstreams.requests.map(({ stumble }) => stumble)).toEqual([kind]);
    },
  );

  it('writes its hint so that the SDK waits for it, and answers the next time', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('rate-limit', { retryAfterMs: 5 });
    const client = clientOf(upstreams).withOptions({ maxRetries: 1 });

    const completion = await client.chat.completions.create({ model: 'm', messages: user });

    expect(completion.choices[0]?.message.content).toContain('You said');
    expect(upstreams.requests).toHaveLength(2);
  });

  it('hides the middle of the key that it repeats', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('bad-key');

    const asked = clientOf(upstreams).chat.completions.create({ model: 'm', messages: user });

    await expect(asked).rejects.toThrow('Incorrect API key provided: sk-***7890.');
  });

  it('reports an error inside the stream as OpenAI does', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('error-in-stream', { afterEvents: 2 });
    const client = clientOf(upstreams);

    const stream = await client.chat.completions.create({
      model: 'm',
      messages: user,
      stream: true,
    });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of stream) seen.push(chunk);
    })();

    await expect(reading).rejects.toThrow(OpenAI.APIError);
    expect(seen).toHaveLength(2);
  });

  const broken: readonly StumbleKind[] = ['reset-before-head', 'reset-in-head'];

  it.each(broken)('%s is a connection error of the SDK', async (kind) => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble(kind);

    const asked = clientOf(upstreams).chat.completions.create({ model: 'm', messages: user });

    await expect(asked).rejects.toThrow(OpenAI.APIConnectionError);
    expect(upstreams.requests[0]?.state).toBe('broken');
  });
});

describe('upstreams.openai with the official SDK: responses', () => {
  it('answers at once', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.reply({ text: 'Berth 4.', reasoning: 'They are all taken but one.' });

    const response = await clientOf(upstreams).responses.create({ model: 'm', input: 'Which?' });

    expect(response.output_text).toBe('Berth 4.');
    expect(response.status).toBe('completed');
    expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('streams text, reasoning and tool calls that the helper of the SDK puts together', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.reply({
      text: 'Berth 4 it is.',
      reasoning: 'Let me see.',
      toolCalls: [{ name: 'reserve', arguments: { berth: 4 } }],
    });

    const stream = clientOf(upstreams).responses.stream({ model: 'm', input: 'Which?' });
    const events = await gather(stream);
    const response = await stream.finalResponse();

    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, i) => i));
    expect(events.at(-1)?.type).toBe('response.completed');
    expect(response.output_text).toBe('Berth 4 it is.');
    expect(response.output.at(-1)).toMatchObject({ name: 'reserve', arguments: '{"berth":4}' });
  });

  it('says that a text was cut by its length', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.reply({ text: 'Berth', finishReason: 'length' });

    const response = await clientOf(upstreams).responses.create({ model: 'm', input: 'Which?' });

    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });

  it('lets a background response be taken up behind any of its events', async () => {
    const upstreams = await startUpstreams();
    const client = clientOf(upstreams);
    upstreams.openai.stumble('cut-stream', { afterEvents: 4 });

    const cut = await client.responses.create({
      model: 'm',
      input: 'Which berth is free?',
      stream: true,
      background: true,
    });
    const before = await gather(cut);
    const [created] = before;
    const id = created?.type === 'response.created' ? created.response.id : '';
    const last = before.at(-1)?.sequence_number;
    const rest = await client.responses.retrieve(id, { stream: true, starting_after: last ?? -1 });
    const after = await gather(rest);

    const numbers = [...before, ...after].map(({ sequence_number }) => sequence_number);
    expect(before).toHaveLength(4);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(after.at(-1)).toMatchObject({ response: { status: 'completed', id } });
    expect((await client.responses.retrieve(id)).output_text).toContain('Which berth is free?');
  });

  it('cancels a background response that is not done', async () => {
    const upstreams = await startUpstreams();
    const client = clientOf(upstreams);
    upstreams.openai.reply({ text: 'Slow.', pace: { firstEventMs: 60_000 } });

    const { id, status } = await client.responses.create({
      model: 'm',
      input: 'Which?',
      background: true,
    });
    const cancelled = await client.responses.cancel(id);

    expect(status).toBe('queued');
    expect(cancelled.status).toBe('cancelled');
    await expect(client.responses.cancel('resp_none')).rejects.toThrow(OpenAI.NotFoundError);
  });

  it('ends the stream of a background response that is cancelled, without a terminal event', async () => {
    const upstreams = await startUpstreams({ pace: { eventMs: 60_000 } });
    const client = clientOf(upstreams);
    const stream = await client.responses.create({
      model: 'm',
      input: 'Which?',
      stream: true,
      background: true,
    });
    const types: string[] = [];

    for await (const event of stream) {
      types.push(event.type);
      if (event.type === 'response.created') await client.responses.cancel(event.response.id);
    }

    expect(types).toEqual(['response.created']);
  });

  it('reports an error inside the stream, and says that the response failed', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('error-in-stream');

    const stream = await clientOf(upstreams).responses.create({
      model: 'm',
      input: 'Which?',
      stream: true,
    });

    await expect(gather(stream)).rejects.toThrow('The server had an error');
  });
});
