import { fileURLToPath } from 'node:url';
import { createClient } from '@linkspan/core';
import { rpc } from '@linkspan/core/rpc';
import { mcp2025 } from '@linkspan/dialects';
import { stdioTransport } from '@linkspan/example-transport-stdio';
import { describe, expect, it, onTestFinished } from 'vitest';

const initialize = {
  jsonrpc: '2.0',
  id: 'hello',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'linkspan-example', version: '0.0.0' },
  },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

function mcpClient(greeting: readonly object[]) {
  const transport = stdioTransport({
    command: process.execPath,
    args: [fileURLToPath(new URL('mcp-server-main.ts', import.meta.url))],
    greeting,
  });
  const client = createClient({ transport, ownTransport: true });
  onTestFinished(() => client.close());
  return client;
}

const raise = (id: number, steps: number, meta?: object) => ({
  operation: 'POST',
  target: '',
  payload: {
    kind: 'value' as const,
    value: {
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'raise', arguments: { steps }, ...(meta && { _meta: meta }) },
    },
  },
});

describe('a server of the official MCP SDK over stdio', () => {
  it('streams the progress of a call, and its response, through the dialect of MCP', async () => {
    const client = mcpClient([initialize, initialized]);

    const stream = await client.stream(raise(1, 3, { progressToken: 'p' }), { dialect: mcp2025 });
    const methods: unknown[] = [];
    for await (const event of stream) methods.push('method' in event ? event.method : 'response');
    const outcome = await stream.outcome;

    expect(methods).toEqual([
      'notifications/progress',
      'notifications/progress',
      'notifications/progress',
      'response',
    ]);
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'response' });
    expect(stream.partial).toMatchObject({ text: 'Raised in 3 steps', isError: false });
  });

  it('answers many calls at a time, each with its own response as JSON', async () => {
    const client = mcpClient([initialize, initialized]);

    const texts = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const response = await client.request(raise(index, index));
        return await response.json<{ id: number; result: { content: [{ text: string }] } }>();
      }),
    );

    expect(texts.map(({ id, result }) => [id, result.content[0].text])).toEqual(
      Array.from({ length: 20 }, (_, index) => [index, `Raised in ${index} steps`]),
    );
  });

  it('speaks over a channel, both ways, with the peer of JSON-RPC', async () => {
    const client = mcpClient([]);
    const channel = await client.open({ operation: 'open', target: '' });
    const progress: unknown[] = [];
    const peer = rpc(channel, {
      methods: { 'notifications/progress': (params: unknown) => void progress.push(params) },
    });
    onTestFinished(() => peer.close());

    const greeted = await peer.request('initialize', initialize.params);
    await peer.notify('notifications/initialized');
    const result = await peer.request('tools/call', {
      name: 'raise',
      arguments: { steps: 2 },
      _meta: { progressToken: 1 },
    });
    await peer.close();

    expect(greeted).toMatchObject({ serverInfo: { name: 'bridges' } });
    expect(result).toMatchObject({ content: [{ text: 'Raised in 2 steps' }] });
    expect(progress).toHaveLength(2);
    expect(await peer.closed).toMatchObject({ by: 'caller' });
  });
});
