import type { ChatRequest } from '@linkspan/sdk';
import { describe, expect, it } from 'vitest';
import { anthropicParams } from '../../src/anthropic/anthropic-params.ts';

const schema = { type: 'object', properties: { a: { type: 'number' } } };
const hello: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

describe('anthropicParams()', () => {
  it('says all of a chat in the words of messages', () => {
    const request: ChatRequest = {
      ...hello,
      system: 'Be kind',
      maxTokens: 100,
      stop: 'END',
      tools: [{ name: 'look', description: 'Looks', parameters: schema, strict: true }],
      toolChoice: { tool: 'look' },
      parallelToolCalls: false,
      reasoningEffort: 'low',
      responseFormat: { type: 'json-schema', schema },
    };

    expect(anthropicParams(request, 4096)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      system: 'Be kind',
      max_tokens: 100,
      stop_sequences: ['END'],
      tools: [{ name: 'look', description: 'Looks', input_schema: schema, strict: true }],
      tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
      output_config: { effort: 'low', format: { type: 'json_schema', schema } },
    });
  });

  it('tells Anthropic the most tokens that it wants to be told', () => {
    expect(anthropicParams(hello, 4096)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 4096,
    });
  });

  it('joins the results of the calls of one turn, and what the user says then', () => {
    const { messages } = anthropicParams(
      {
        model: 'm',
        messages: [
          { role: 'user', content: 'Look' },
          {
            role: 'assistant',
            content: [
              { type: 'reasoning', text: 'Hm', signature: 's' },
              { type: 'reasoning', text: '', redacted: 'xx' },
              { type: 'reasoning', text: 'from elsewhere' },
              { type: 'text', text: 'I look.' },
            ],
            toolCalls: [
              { id: 'a', name: 'look', arguments: '{"at":"sea"}' },
              { id: 'b', name: 'wait', arguments: '' },
            ],
          },
          { role: 'tool', toolCallId: 'a', content: 'fog' },
          {
            role: 'tool',
            toolCallId: 'b',
            content: [{ type: 'image', bytes: new Uint8Array([1]), mediaType: 'image/png' }],
            isError: true,
          },
          { role: 'user', content: 'Well?' },
        ],
      },
      10,
    );

    expect(messages).toEqual([
      { role: 'user', content: 'Look' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 's' },
          { type: 'redacted_thinking', data: 'xx' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'a', name: 'look', input: { at: 'sea' } },
          { type: 'tool_use', id: 'b', name: 'wait', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'fog' },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: [
              {
                type: 'image',
                source: { type: 'base64', media_type: 'image/png', data: 'AQ==' },
              },
            ],
            is_error: true,
          },
          { type: 'text', text: 'Well?' },
        ],
      },
    ]);
  });

  it.each([
    ['https://example.com/a.png', { type: 'url', url: 'https://example.com/a.png' }],
    ['data:image/gif;base64,AQ==', { type: 'base64', media_type: 'image/gif', data: 'AQ==' }],
  ])('takes the image at %s', (url, source) => {
    const content = [{ type: 'image', url }] as const;

    const { messages } = anthropicParams({ model: 'm', messages: [{ role: 'user', content }] }, 1);

    expect(messages[0]?.content).toEqual([{ type: 'image', source }]);
  });

  it.each([
    ['auto', undefined, { type: 'auto' }],
    ['none', true, { type: 'none' }],
    ['required', true, { type: 'any', disable_parallel_tool_use: false }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [undefined, undefined, undefined],
  ] as const)('has the choice of tools %s', (toolChoice, parallelToolCalls, expected) => {
    const params = anthropicParams({ ...hello, toolChoice, parallelToolCalls }, 1);

    expect(params.tool_choice).toEqual(expected);
  });

  it.each([
    { seed: 1 },
    { temperature: 1 },
    { topP: 1 },
    { responseFormat: { type: 'json' } },
  ] as const)('refuses what Anthropic has not: %o', (more) => {
    expect(() => anthropicParams({ ...hello, ...more }, 1)).toThrow(
      new RegExp(`^Cannot send the chat: ${Object.keys(more)[0]}: `),
    );
  });

  it('refuses arguments that are no object, and does not repeat them', () => {
    for (const args of ['{"a":', '[1]', '"canary"']) {
      const toolCalls = [{ id: 'a', name: 'look', arguments: args }];
      const messages = [{ role: 'assistant', content: '', toolCalls }] as const;
      expect(() => anthropicParams({ model: 'm', messages }, 1)).toThrow(
        /messages\[0\]\.toolCalls: expected arguments that are a JSON object[^"]*$/,
      );
    }
  });
});
