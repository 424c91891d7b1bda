import Anthropic from '@anthropic-ai/sdk';
import { createFetch, createHttpClient } from '@linkspan/http';
import OpenAI from 'openai';

export type Provider = 'openai' | 'anthropic';
export type FetchName = 'default fetch' | 'createFetch()';

/** What is measured of an SDK, over one `fetch` or the other. */
export interface SdkCalls {
  /** One small call, answered as a whole. */
  call(): Promise<unknown>;
  /** Opens a stream; the query tells the server what to send. */
  open(query: string): Promise<AsyncIterable<unknown>>;
  close(): Promise<void>;
}

const messages = [{ role: 'user' as const, content: 'hello' }];
const body = { model: 'bench', messages, max_tokens: 100 };

/** An SDK as people make it, but for retries, which would hide what fails. */
export function sdkCalls(
  provider: Provider,
  fetchName: FetchName,
  origin: string,
  connections: number,
): SdkCalls {
  const client = createHttpClient({ connections });
  const options = {
    apiKey: 'none',
    baseURL: origin,
    maxRetries: 0,
    ...(fetchName === 'createFetch()' && { fetch: createFetch(client) }),
  };
  const close = (): Promise<void> => client.close();
  if (provider === 'openai') {
    const sdk = new OpenAI(options);
    return {
      call: () => sdk.chat.completions.create(body),
      open: async (query) =>
        (await sdk.post(`/chat/completions?${query}`, {
          body: { ...body, stream: true },
          stream: true,
        })) as AsyncIterable<unknown>,
      close,
    };
  }
  const sdk = new Anthropic(options);
  return {
    call: () => sdk.messages.create(body),
    open: async (query) =>
      (await sdk.post(`/v1/messages?${query}`, {
        body: { ...body, stream: true },
        stream: true,
      })) as AsyncIterable<unknown>,
    close,
  };
}
