import type { ChatRequest } from '@linkspan/sdk';
import { describe, expect, it } from 'vitest';
import { openaiParams } from '../../src/openai/openai-params.ts';
import { responsesParams } from '../../src/openai/responses-params.ts';

const schema = { type: 'object', properties: { a: { type: 'number' } } };
const hello = [{ role: 'user', content: 'Hello' }] as const;
const full: ChatRequest = {
  model: 'm',
  system: 'Be kind',
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm', signature: 's' },
        { type: 'text', text: 'Let me look.' },
      ],
      toolCalls: [{ id: 'call_1', name: 'look', arguments: '{"at":"sea"}' }],
    },
    { role: 'tool', toolCallId: 'call_1', content: 'fog', isError: true },
  ],
  maxTokens: 100,
  temperature: 0.5,
  topP: 0.9,
  tools: [{ name: 'look', description: 'Looks', parameters: schema, strict: true }],
  toolChoice: { tool: 'look' },
  parallelToolCalls: false,
  reasoningEffort: 'low',
  responseFormat: { type: 'json-schema', schema },
};

describe('openaiParams()', () => {
  it('says all of a chat in the words of chat completions', () => {
    const request = { ...full, stop: ['END'], seed: 7 };

    expect(openaiParams(request, 'max_completion_tokens')).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be kind' },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        {
          role: 'assistant',
          content: 'Let me look.',
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'look', arguments: '{"at":"sea"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Error: fog' },
      ],
      max_completion_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['END'],
      seed: 7,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema, strict: true },
      },
      tools: [
        {
          type: 'function',
          function: { name: 'look', description: 'Looks', parameters: schema, strict: true },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      reasoning_effort: 'low',
    });
  });

  it('leaves out what is not said, and knows the older name of the most tokens', () => {
    const request = { model: 'm', messages: hello, maxTokens: 5, seed: undefined };

    expect(openaiParams(request, 'max_tokens')).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 5,
    });
  });

  it.each([
    [{ type: 'text' }, { type: 'text' }],
    [{ type: 'json' }, { type: 'json_object' }],
  ] as const)('has the format %o', (responseFormat, response_format) => {
    const request = { model: 'm', messages: hello, responseFormat };

    expect(openaiParams(request, 'max_tokens')).toMatchObject({ response_format });
  });

  it("refuses an image as a tool's result", () => {
    const content = [{ type: 'image', url: 'https://example.com/a.png' }] as const;
    const messages = [{ role: 'tool', toolCallId: 'call_1', content }] as const;

    expect(() => openaiParams({ model: 'm', messages }, 'max_tokens')).toThrow(/no image/);
  });
});

describe('responsesParams()', () => {
  it('says all of a chat in the words of responses', () => {
    expect(responsesParams(full)).toEqual({
      model: 'm',
      instructions: 'Be kind',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
        { role: 'assistant', content: 'Let me look.' },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"sea"}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'Error: fog' },
      ],
      max_output_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
      tools: [
        { type: 'function', name: 'look', description: 'Looks', parameters: schema, strict: true },
      ],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: false,
      reasoning: { effort: 'low' },
    });
  });

  it.each([{ seed: 1 }, { stop: 'END' }])('refuses what responses have not: %o', (more) => {
    expect(() => responsesParams({ model: 'm', messages: hello, ...more })).toThrow(
      /its chat completions do/,
    );
  });

  it("takes images as a tool's result, beside the word that it failed", () => {
    const content = [{ type: 'image', url: 'https://example.com/a.png' }] as const;
    const result = { role: 'tool', toolCallId: 'call_1', content, isError: true } as const;

    expect(responsesParams({ model: 'm', messages: [result] })).toMatchObject({
      input: [
        {
          output: [
            { type: 'input_text', text: 'Error:' },
            { type: 'input_image', image_url: 'https://example.com/a.png' },
          ],
        },
      ],
    });
  });
});
