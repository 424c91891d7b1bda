import {
  type AnthropicClientOptions,
  createSdkClient,
  type OpenAIClientOptions,
  type SdkClient,
} from '@linkspan/sdk';
import { type MockModel, type MockUpstreams, mockUpstreams } from '@linkspan/testkit';
import { onTestFinished } from 'vitest';

/** The ways to ask a model. */
export const ways = ['openai', 'openai responses', 'anthropic'] as const;

/** One way to ask a model. */
export type Way = (typeof ways)[number];

/** What a client is told beside its provider. */
export type ClientOptions = Partial<
  Omit<OpenAIClientOptions, 'provider'> & Omit<AnthropicClientOptions, 'provider'>
>;

/** A client of one provider, and the upstream that it talks to. */
export interface Provided {
  readonly client: SdkClient;
  readonly upstream: MockModel;
  readonly all: MockUpstreams;
}

/** Starts an upstream and a client for it, which are closed when the test is over. */
export async function provide(way: Way, options: ClientOptions = {}): Promise<Provided> {
  const all = await mockUpstreams();
  const upstream = way === 'anthropic' ? all.anthropic : all.openai;
  const common = {
    apiKey: 'key',
    model: 'model-1',
    baseUrl: upstream.baseUrl,
    env: {},
    ...options,
  };
  const client: SdkClient =
    way === 'anthropic'
      ? createSdkClient({ provider: 'anthropic', ...common })
      : createSdkClient({
          provider: 'openai',
          api: way === 'openai' ? 'chat' : 'responses',
          ...common,
        });
  onTestFinished(async () => {
    await client.close();
    await all.close();
  });
  return { client, upstream, all };
}

/** A chat in which the user says this. */
export function say(content: string): {
  readonly messages: readonly [{ readonly role: 'user'; readonly content: string }];
} {
  return { messages: [{ role: 'user', content }] };
}
