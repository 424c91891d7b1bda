import { HttpAgent } from '@ag-ui/client';
import Anthropic from '@anthropic-ai/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import OpenAI from 'openai';
import { CLOCK_MS, PROMPT, type StreamReader } from './reader.ts';

const openai = (baseURL: string): OpenAI =>
  new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0, timeout: CLOCK_MS });
const anthropic = (baseURL: string): Anthropic =>
  new Anthropic({ baseURL, apiKey: 'none', maxRetries: 0, timeout: CLOCK_MS });

const chat = { model: 'sample-1', messages: [{ role: 'user' as const, content: PROMPT }] };
const message = { ...chat, max_tokens: 100 };

async function readUi(api: string): Promise<string> {
  const transport = new DefaultChatTransport({ api });
  const stream = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat-1',
    messageId: undefined,
    messages: [{ id: 'm0', role: 'user', parts: [{ type: 'text', text: PROMPT }] }],
    abortSignal: undefined,
  });
  let last: UIMessage | undefined;
  for await (const state of readUIMessageStream({ stream, terminateOnError: true })) last = state;
  return (last?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}

async function callTool(url: string): Promise<string> {
  const client = new Client({ name: 'integrity', version: '1' });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    const result = await client.callTool({ name: 'answer', arguments: {} }, { timeout: CLOCK_MS });
    const content = result.content as readonly { readonly text?: string }[];
    return content.map(({ text = '' }) => text).join('');
  } finally {
    await client.close();
  }
}

/** The official clients, each used as its documentation shows, with its own clock where it has one. */
export const officialReaders: readonly StreamReader[] = [
  {
    name: 'openai, create()',
    protocol: 'openai-chat',
    async read(url) {
      let text = '';
      const stream = await openai(url).chat.completions.create({ ...chat, stream: true });
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      return text;
    },
  },
  {
    name: 'openai, stream()',
    protocol: 'openai-chat',
    async read(url) {
      const completion = await openai(url).chat.completions.stream(chat).finalChatCompletion();
      return completion.choices[0]?.message.content ?? '';
    },
  },
  {
    name: 'openai, create()',
    protocol: 'openai-responses',
    async read(url) {
      let text = '';
      const stream = await openai(url).responses.create({
        model: 'sample-1',
        input: PROMPT,
        stream: true,
      });
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') text += event.delta;
      }
      return text;
    },
  },
  {
    name: '@anthropic-ai/sdk, create()',
    protocol: 'anthropic-messages',
    async read(url) {
      let text = '';
      const stream = await anthropic(url).messages.create({ ...message, stream: true });
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
          text += event.delta.text;
      }
      return text;
    },
  },
  {
    name: '@anthropic-ai/sdk, stream()',
    protocol: 'anthropic-messages',
    read: (url) => anthropic(url).messages.stream(message).finalText(),
  },
  { name: 'ai, readUIMessageStream()', protocol: 'vercel-ui', read: readUi },
  {
    name: '@ag-ui/client, runAgent()',
    protocol: 'ag-ui',
    async read(url) {
      const agent = new HttpAgent({
        url,
        threadId: 'th1',
        initialMessages: [{ id: 'm0', role: 'user', content: PROMPT }],
      });
      const { newMessages } = await agent.runAgent({ runId: 'run1' });
      return newMessages
        .map(({ content }) => (typeof content === 'string' ? content : ''))
        .join('');
    },
  },
  { name: '@modelcontextprotocol/client, callTool()', protocol: 'mcp', read: callTool },
];
