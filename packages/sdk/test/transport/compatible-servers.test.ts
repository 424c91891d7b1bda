import { createSdkClient, type OpenAIClientOptions } from '@linkspan/sdk';
import { type MockUpstreams, mockUpstreams } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openaiServer } from '../../src/openai/openai-server.ts';
import { say } from '../provider-clients.ts';

async function ask(
  options: (all: MockUpstreams) => Omit<OpenAIClientOptions, 'provider'>,
): Promise<MockUpstreams> {
  const all = await mockUpstreams();
  const client = createSdkClient({ provider: 'openai', env: {}, model: 'm', ...options(all) });
  onTestFinished(async () => {
    await client.close();
    await all.close();
  });
  await client.chat({ ...say('Hello'), maxTokens: 9 }).catch(() => {});
  return all;
}

describe('C29 a server that speaks like OpenAI', () => {
  it('is reached by its base URL: a LiteLLM gateway, with its key', async () => {
    const { openai } = await ask((all) => ({ baseUrl: all.openai.baseUrl, apiKey: 'sk-gateway' }));

    expect(openai.requests).toHaveLength(1);
    expect(openai.requests[0]?.headers['authorization']).toBe('Bearer sk-gateway');
    expect(openai.requests[0]?.body).toMatchObject({ max_tokens: 9 });
  });

  it('needs no key, and none is made up: Ollama, vLLM', async () => {
    const { openai } = await ask((all) => ({ baseUrl: `${all.openai.baseUrl}/` }));

    expect(openai.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(JSON.stringify(openai.requests[0]?.headers)).not.toContain('redacted');
  });

  it("is Azure's, with its version, deployment and key", async () => {
    const { requests, openai } = await ask((all) => ({
      baseUrl: all.origin,
      apiKey: 'azure-key',
      apiVersion: '2026-01-01',
    }));

    expect(openai.requests.length + requests.length).toBeGreaterThan(0);
    expect(requests[0]).toMatchObject({
      path: '/openai/deployments/m/chat/completions',
      query: { 'api-version': '2026-01-01' },
      headers: { 'api-key': 'azure-key' },
    });
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['https://api.openai.com/v1', undefined, 'https://api.openai.com/v1', false],
    [
      'https://x.openai.azure.com/openai/v1/',
      undefined,
      'https://x.openai.azure.com/openai/v1',
      true,
    ],
    ['https://x.openai.azure.com', '2026-01-01', 'https://x.openai.azure.com/openai', true],
    ['https://gw.example.com/openai', '2026-01-01', 'https://gw.example.com/openai', true],
    ['http://localhost:11434/v1', undefined, 'http://localhost:11434/v1', false],
  ] as const)('is known by its address: %s', (address, version, baseUrl, isAzure) => {
    expect(openaiServer(address, version)).toMatchObject({ baseUrl, isAzure });
  });
});
