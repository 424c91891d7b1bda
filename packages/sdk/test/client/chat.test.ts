import { describe, expect, it } from 'vitest';
import { provide, say, ways } from '../provider-clients.ts';

const weather = {
  name: 'weather',
  description: 'The weather at a place',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
};

describe.each(ways)('client.chat() with %s', (way) => {
  it('gives the answer, why it ended, what it used and who gave it', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ text: 'Aye.', usage: { inputTokens: 7, outputTokens: 3 } });

    const response = await client.chat(say('Ready?'));

    expect(response).toMatchObject({
      text: 'Aye.',
      toolCalls: [],
      finishReason: 'stop',
      usage: { inputTokens: 7, outputTokens: 3 },
      model: 'model-1',
      message: { role: 'assistant', content: 'Aye.' },
      raw: { id: response.id },
    });
    expect(response.requestId).toMatch(/^req_/);
  });

  it('U12 gives each of many calls at the same time its own answer', async () => {
    const { client } = await provide(way);
    const prompts = Array.from({ length: 40 }, (_, index) => `number ${index}`);

    const whole = await Promise.all(prompts.map((prompt) => client.chat(say(prompt))));
    const streamed = await Promise.all(
      prompts.map((prompt) => client.stream(say(prompt)).result()),
    );

    const expected = prompts.map((prompt) => `You said: ${prompt}`);
    expect(whole.map(({ text }) => text)).toEqual(expected);
    expect(streamed.map(({ text }) => text)).toEqual(expected);
  });

  it('gives the calls of tools whole, and takes their results', async () => {
    const { client, upstream } = await provide(way);
    const args = { place: 'Kiel "Hbf" 🚢', days: [1, 2] };
    upstream.reply({ text: 'It rains.' });
    upstream.reply(
      {
        toolCalls: [
          { name: 'weather', arguments: args },
          { name: 'weather', arguments: {} },
        ],
      },
      { times: 1 },
    );
    const question = { tools: [weather], toolChoice: 'required' } as const;

    const asked = await client.chat({ ...say('Weather?'), ...question });

    expect(asked.finishReason).toBe('tool-calls');
    expect(asked.toolCalls.map(({ name }) => name)).toEqual(['weather', 'weather']);
    expect(asked.toolCalls.map((call) => JSON.parse(call.arguments) as unknown)).toEqual([
      args,
      {},
    ]);
    const results = asked.toolCalls.map(({ id }) => {
      return { role: 'tool', toolCallId: id, content: 'rain' } as const;
    });
    const answered = await client.chat({
      messages: [...say('Weather?').messages, asked.message, ...results],
      tools: [weather],
    });
    expect(answered.text).toBe('It rains.');
    expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain(asked.toolCalls[1]!.id);
  });

  it('says when the answer is cut by its length', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ text: 'Once upon', finishReason: 'length' });

    const response = await client.chat({ ...say('Tell'), maxTokens: 2 });

    expect(response).toMatchObject({ text: 'Once upon', finishReason: 'length' });
  });

  it('tells what the model thought', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ text: '42', reasoning: 'Six by seven' });

    expect(await client.chat(say('Times?'))).toMatchObject({
      text: '42',
      reasoning: 'Six by seven',
    });
  });

  it('sends an image, by its bytes and by its address', async () => {
    const { client, upstream } = await provide(way);
    const bytes = new Uint8Array([1, 2, 3, 250]);

    await client.chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', bytes, mediaType: 'image/png' },
            { type: 'image', url: 'https://example.com/ferry.jpg' },
          ],
        },
      ],
    });

    const body = JSON.stringify(upstream.requests[0]?.body);
    expect(body).toContain('AQID+g==');
    expect(body).toContain('image/png');
    expect(body).toContain('https://example.com/ferry.jpg');
  });

  it('passes on what only this provider knows, over what is said beside it', async () => {
    const { client, upstream } = await provide(way);

    await client.chat({
      ...say('Hello'),
      maxTokens: 5,
      providerOptions: {
        openai: { user: 'ada', max_tokens: 9 },
        openaiResponses: { user: 'ada', max_output_tokens: 9 },
        anthropic: { metadata: { user_id: 'ada' }, max_tokens: 9 },
      },
    });

    const body = JSON.stringify(upstream.requests[0]?.body);
    expect(body).toContain('ada');
    expect(body).toMatch(/"max_(?:output_)?tokens":9/);
  });

  it('takes the model of the request before its own, and refuses to guess one', async () => {
    const { client, upstream } = await provide(way, { model: undefined });

    await client.chat({ ...say('Hello'), model: 'model-2' });

    expect(upstream.requests[0]?.body).toMatchObject({ model: 'model-2' });
    await expect(client.chat(say('Hello'))).rejects.toMatchObject({
      kind: 'config',
      issues: [{ option: 'model' }],
    });
  });

  it('does not send what is no chat', async () => {
    const { client, upstream } = await provide(way);

    for (const messages of [[], [{ role: 'system', content: 'Be kind' }], undefined]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(client.chat({ messages: messages as never })).rejects.toMatchObject({
        kind: 'config',
        sent: 'no',
      });
    }
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('client.chat()', () => {
  it('gives the thoughts of Anthropic back with the results of tools, signed', async () => {
    const { client, upstream } = await provide('anthropic');
    upstream.reply({ reasoning: 'Look outside', toolCalls: [{ name: 'weather', arguments: {} }] });

    const whole = await client.chat({ ...say('Weather?'), tools: [weather] });
    const streamed = await client.stream({ ...say('Weather?'), tools: [weather] }).result();

    for (const { message } of [whole, streamed]) {
      expect(message.content).toEqual([
        { type: 'reasoning', text: 'Look outside', signature: expect.any(String) as string },
      ]);
    }
    const result = { role: 'tool', toolCallId: whole.toolCalls[0]!.id, content: 'rain' } as const;
    await client.chat({ messages: [...say('Weather?').messages, streamed.message, result] });
    const { messages } = upstream.requests.at(-1)!.body as { messages: { content: object[] }[] };
    expect(messages[1]?.content[0]).toMatchObject({ type: 'thinking', thinking: 'Look outside' });
  });

  it('gives what came instead of throwing, where that is asked for', async () => {
    const { client, upstream } = await provide('openai');
    upstream.stumble('bad-key');

    const result = await client.safe.chat(say('Hello'));

    expect(result).toMatchObject({ ok: false, error: { status: 401 } });
  });
});
