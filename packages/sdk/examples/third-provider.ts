// A provider that is not built in: an adapter for an SDK that takes a `fetch`.
import assert from 'node:assert/strict';
import { LinkspanError, type LinkspanError as Failure, TransportError } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import {
  chatDialect,
  type ChatEvent,
  type ChatRequest,
  createSdkClient,
  KEY_IS_HELD_ELSEWHERE,
  type SdkAdapter,
  type SdkCall,
  sdkTransport,
  type SdkWire,
  toFinishReason,
} from '@linkspan/sdk';
import { mockUpstreams } from '@linkspan/testkit';

/** What the provider's package would give. */
class AcmeSdk {
  readonly #options: {
    readonly baseUrl: string;
    readonly key: string;
    readonly fetch: typeof fetch;
  };

  constructor(options: { baseUrl: string; key: string; fetch: typeof fetch }) {
    this.#options = options;
  }

  /** Gives the raw response, as most SDKs can. */
  async complete(body: object, init: RequestInit): Promise<Response> {
    const { baseUrl, key, fetch } = this.#options;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const request = { method: 'POST', body: JSON.stringify(body), headers, ...init };
    return await fetch(`${baseUrl}/chat/completions`, request);
  }
}

/** Acme's streams are those of OpenAI's chat completions, of which the text is read here. */
const dialect = chatDialect(openaiChat, () => ({
  id: '',
  model: 'acme-1',
  read: ({ choices: [choice] }): readonly ChatEvent[] => {
    const text = choice?.delta?.content ?? '';
    const reason = choice?.finish_reason ?? '';
    return [
      ...(text === '' ? [] : [{ type: 'text', text } as const]),
      ...(reason === ''
        ? []
        : [
            {
              type: 'finish',
              finishReason: toFinishReason(reason),
              providerReason: reason,
            } as const,
          ]),
    ];
  },
}));

function acmeAdapter(wire: SdkWire, baseUrl: string): SdkAdapter<AcmeSdk> {
  const sdk = new AcmeSdk({ baseUrl, key: KEY_IS_HELD_ELSEWHERE, fetch: wire.fetch });
  const ask = ({ model, messages }: ChatRequest, stream: boolean, call: SdkCall) =>
    wire.send(call, (fetchOptions) => sdk.complete({ model, messages, stream }, fetchOptions));
  return {
    provider: 'acme',
    load: async () => sdk,
    create: (request, call) => ask(request, false, call),
    stream: (request, call) => ask(request, true, call),
    dialect,
    readAnswer: () => {
      throw new TransportError('Cannot read the answer: Acme is read as a stream here');
    },
    classifyError: (cause): Failure =>
      cause instanceof LinkspanError ? cause : new TransportError('Acme failed', { cause }),
  };
}

const upstreams = await mockUpstreams();
const { baseUrl } = upstreams.openai;
const client = createSdkClient({
  transport: sdkTransport((wire) => acmeAdapter(wire, baseUrl), {
    baseUrl,
    auth: { bearer: 'acme-key' },
  }),
  ownTransport: true,
  model: 'acme-1',
});

const hello = { messages: [{ role: 'user', content: 'Hello' }] } as const;
const { text, finishReason } = await client.stream(hello).result();

assert.equal(text, 'You said: Hello');
assert.equal(finishReason, 'stop');
assert.equal(upstreams.openai.requests[0]?.headers['authorization'], 'Bearer acme-key');
await client.close();
await upstreams.close();
