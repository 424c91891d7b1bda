import Anthropic from '@anthropic-ai/sdk';
import type { Dialect, TransportRequest } from '@linkspan/core';
import { anthropicMessages, openaiChat } from '@linkspan/dialects';
import { createFetch, createHttpClient } from '@linkspan/http';
import { createSdkClient, type SdkClient } from '@linkspan/sdk';
import OpenAI from 'openai';
import { bareFetch } from './bare-fetch.ts';

export type Provider = 'openai' | 'anthropic';
export type FetchName = 'default fetch' | 'createFetch()' | 'bare dispatch' | 'SDK transport';

/** What is measured of an SDK, over one `fetch` or the other. */
export interface SdkCalls {
  /** One small call, answered as a whole. */
  call(): Promise<unknown>;
  /** Opens a stream; the query tells the server what to send. */
  open(query: string): Promise<AsyncIterable<unknown>>;
  /** The same, read as a chat: its first event is its first text. */
  openChat?(query: string): Promise<AsyncIterable<unknown>>;
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
  if (fetchName === 'SDK transport') return transportCalls(provider, origin, connections);
  const { fetch, close } = fetchOf(fetchName, origin, connections);
  const options = { apiKey: 'none', baseURL: origin, maxRetries: 0, ...(fetch && { fetch }) };
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

/** The `fetch` that an SDK is given, if any, and what closes the connections below it. */
function fetchOf(
  name: FetchName,
  origin: string,
  connections: number,
): { readonly fetch?: typeof globalThis.fetch; readonly close: () => Promise<void> } {
  if (name === 'bare dispatch') return bareFetch(origin, connections);
  if (name === 'default fetch') return { close: () => Promise.resolve() };
  const client = createHttpClient({ connections });
  return { fetch: createFetch(client), close: () => client.close() };
}

/** The same through the SDK transport: a chat whole, and a stream as events of a chat. */
function transportCalls(provider: Provider, origin: string, connections: number): SdkCalls {
  const options = { apiKey: 'none', baseUrl: origin, connections, model: 'bench', env: {} };
  const client: SdkClient =
    provider === 'openai'
      ? createSdkClient({ provider, ...options })
      : createSdkClient({ provider, ...options });
  const path = provider === 'openai' ? '/chat/completions' : '/v1/messages';
  // The query tells the server what to send, and is no part of a chat.
  const ask = (query: string): TransportRequest => ({
    operation: 'POST',
    target: `${path}?${query}`,
    payload: { kind: 'value', value: { ...body, stream: true } },
  });
  const dialect: Dialect<unknown, unknown> = provider === 'openai' ? openaiChat : anthropicMessages;
  return {
    call: () => client.chat({ messages, maxTokens: 100 }),
    open: async (query) => await client.client.stream(ask(query), { dialect }),
    openChat: async (query) =>
      await client.client.stream(ask(query), { dialect: client.transport.dialect }),
    close: () => client.close(),
  };
}
