import { describe, expect, it } from 'vitest';
import type { MockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import { startUpstreams } from './start-upstreams.ts';

const contents = [{ role: 'user', parts: [{ text: 'Which berth is free?' }] }];

async function ask({ gemini }: MockUpstreams, verb: string): Promise<Response> {
  return await fetch(`${gemini.baseUrl}/v1beta/models/mock-1:${verb}`, {
    method: 'POST',
    body: JSON.stringify({ contents }),
  });
}

describe('upstreams.gemini', () => {
  it('answers at once', async () => {
    const upstreams = await startUpstreams();

    const answer = await (await ask(upstreams, 'generateContent')).json();

    expect(answer).toMatchObject({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'You said: Which berth is free?' }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { candidatesTokenCount: 8 },
      modelVersion: 'mock-1',
    });
  });

  it('streams thoughts, text and calls, the last chunk with the finish reason', async () => {
    const upstreams = await startUpstreams();
    upstreams.gemini.reply({
      reasoning: 'Let me see.',
      chunks: ['Berth', ' 4.'],
      toolCalls: [{ id: 'c1', name: 'reserve', arguments: { berth: 4 } }],
      finishReason: 'length',
    });

    const text = await (await ask(upstreams, 'streamGenerateContent?alt=sse')).text();

    const chunks = [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, data = '']) =>
        (JSON.parse(data) as { candidates: { content: { parts: object[] } }[] }).candidates[0],
    );
    const parts = chunks.flatMap((candidate) => candidate?.content.parts ?? []);
    expect(parts).toEqual([
      { text: 'Let', thought: true },
      { text: ' me', thought: true },
      { text: ' see.', thought: true },
      { text: 'Berth' },
      { text: ' 4.' },
      { functionCall: { id: 'c1', name: 'reserve', args: { berth: 4 } } },
      { text: '' },
    ]);
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'MAX_TOKENS' });
    expect(chunks.slice(0, -1).every((candidate) => !('finishReason' in (candidate ?? {})))).toBe(
      true,
    );
  });

  it('refuses in the form of google.rpc.Status, with the wait in its details', async () => {
    const upstreams = await startUpstreams();
    upstreams.gemini.stumble('rate-limit', { retryAfterMs: 1500 });
    upstreams.gemini.stumble('bad-key');

    const limited = await ask(upstreams, 'generateContent');
    const refused = await ask(upstreams, 'generateContent');

    expect(limited.status).toBe(429);
    expect(await limited.json()).toMatchObject({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '1.5s' }] },
    });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { details: [{ reason: 'API_KEY_INVALID' }] },
    });
  });
});
