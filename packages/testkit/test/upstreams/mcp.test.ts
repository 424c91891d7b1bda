import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import { startUpstreams } from './start-upstreams.ts';

const clientInfo = { name: 'test', version: '1' };

type Mode = 'legacy' | 'auto' | { readonly pin: string };

async function connect({ mcp }: MockUpstreams, mode: Mode): Promise<Client> {
  const client = new Client(clientInfo, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(mcp.url)));
  onTestFinished(() => client.close());
  return client;
}

const modes = [
  ['2025-11-25', 'legacy'],
  ['2026-07-28', { pin: '2026-07-28' }],
] as const;

describe.each(modes)('upstreams.mcp in %s with @modelcontextprotocol/client', (_version, mode) => {
  it('lists its tools, and calls them', async () => {
    const upstreams = await startUpstreams();
    upstreams.mcp.tool({ name: 'add', run: ({ a, b }) => String(Number(a) + Number(b)) });
    const client = await connect(upstreams, mode);

    const { tools } = await client.listTools();
    const result = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });

    expect(tools.map(({ name }) => name)).toEqual(['echo', 'count', 'add']);
    expect(result.content).toEqual([{ type: 'text', text: '5' }]);
  });

  it('tells the progress of a call', async () => {
    const upstreams = await startUpstreams();
    const client = await connect(upstreams, mode);
    const seen: number[] = [];

    await client.callTool(
      { name: 'count', arguments: { to: 3 } },
      { onprogress: ({ progress }) => seen.push(progress) },
    );

    expect(seen).toEqual([1, 2, 3]);
  });

  it('refuses a tool that nobody knows', async () => {
    const upstreams = await startUpstreams();
    const client = await connect(upstreams, mode);

    const called = client.callTool({ name: 'sink', arguments: {} });

    await expect(called).rejects.toThrow('Unknown tool: sink');
  });

  it('fails a call inside its stream', async () => {
    const upstreams = await startUpstreams();
    const client = await connect(upstreams, mode);
    upstreams.mcp.stumble('error-in-stream', { when: calls });

    const called = client.callTool({ name: 'echo', arguments: { text: 'a' } });

    await expect(called).rejects.toThrow('Internal error');
  });
});

describe('upstreams.mcp in both eras', () => {
  it('is found out by a client that looks which one it is of', async () => {
    const upstreams = await startUpstreams();

    const client = await connect(upstreams, 'auto');

    expect(client.getProtocolEra()).toBe('modern');
    expect(upstreams.requests[0]?.body).toMatchObject({ method: 'server/discover' });
  });

  it('lets a call of 2025-11-25 be taken up where it was cut', async () => {
    const upstreams = await startUpstreams();
    const client = await connect(upstreams, 'legacy');
    upstreams.mcp.stumble('cut-stream', { when: calls, afterEvents: 1, times: 1 });

    const result = await client.callTool({ name: 'echo', arguments: { text: 'whole' } });

    expect(result.content).toEqual([{ type: 'text', text: 'whole' }]);
    const resumed = upstreams.mcp.requests.find(({ headers }) => headers['last-event-id']);
    expect(resumed).toMatchObject({ method: 'GET', state: 'answered' });
  });

  it('knows its sessions, and forgets those that were ended', async () => {
    const upstreams = await startUpstreams();
    const client = await connect(upstreams, 'legacy');
    const sessionId = upstreams.requests.at(-1)?.headers['mcp-session-id'] ?? '';
    const ping = (session: string): Promise<Response> =>
      fetch(upstreams.mcp.url, {
        method: 'POST',
        headers: {
          accept: 'application/json, text/event-stream',
          ...(session !== '' && { 'mcp-session-id': session }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });

    expect((await ping(sessionId)).status).toBe(200);
    await (client.transport as StreamableHTTPClientTransport).terminateSession();
    expect((await ping(sessionId)).status).toBe(404);
    expect((await ping('')).status).toBe(400);
  });

  it('sends no response to a call of 2025-11-25 that was cancelled', async () => {
    const upstreams = await startUpstreams({ pace: { eventMs: 60_000 } });
    const client = await connect(upstreams, 'legacy');
    const controller = new AbortController();
    const called = client.callTool(
      { name: 'echo', arguments: { text: 'a' } },
      { signal: controller.signal },
    );
    await vi.waitUntil(() => upstreams.requests.some(calls));

    controller.abort('not needed');

    await expect(called).rejects.toThrow('not needed');
    await vi.waitUntil(() => upstreams.requests.find(calls)?.state === 'answered');
    const bodies = upstreams.requests.map(({ body }) => body);
    const cancelled = expect.objectContaining({ method: 'notifications/cancelled' });
    expect(bodies).toContainEqual(cancelled);
  });

  it.each([
    ['MCP-Protocol-Version', { 'mcp-protocol-version': '2025-11-25' }],
    ['Mcp-Method', { 'mcp-method': 'ping' }],
    ['Mcp-Name', { 'mcp-name': '=?base64?c2luaw==?=' }],
  ])('refuses a request of 2026-07-28 whose header %s differs from its body', async (name, bad) => {
    const { mcp } = await startUpstreams();

    const response = await callEcho(mcp.url, '2026-07-28', bad);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      id: 7,
      error: { code: -32020, message: expect.stringContaining(name) },
    });
  });

  it('reads a name that was wrapped in base64', async () => {
    const { mcp } = await startUpstreams();

    const response = await callEcho(mcp.url, '2026-07-28', { 'mcp-name': '=?base64?ZWNobw==?=' });

    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"resultType":"complete"');
  });

  it('tells which versions it knows to one that asks for another', async () => {
    const { mcp } = await startUpstreams();

    const response = await callEcho(mcp.url, '2027-01-01', {});

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: -32022, data: { supported: ['2026-07-28'], requested: '2027-01-01' } },
    });
  });
});

describe('upstreams.mcp with @modelcontextprotocol/sdk', () => {
  it('lists its tools, calls them, and ends its session', async () => {
    const upstreams = await startUpstreams();
    const transport = new OlderTransport(new URL(upstreams.mcp.url));
    const client = new OlderClient(clientInfo);
    await client.connect(transport);
    onTestFinished(() => client.close());

    const { tools } = await client.listTools();
    const result = await client.callTool({ name: 'echo', arguments: { text: 'Berth 4' } });
    await transport.terminateSession();

    expect(tools).toHaveLength(2);
    expect(result.content).toEqual([{ type: 'text', text: 'Berth 4' }]);
    expect(upstreams.requests.at(-1)).toMatchObject({ method: 'DELETE' });
  });
});

function calls({ body }: { readonly body: unknown }): boolean {
  return (body as { readonly method?: string } | undefined)?.method === 'tools/call';
}

async function callEcho(
  url: string,
  version: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const meta = { 'io.modelcontextprotocol/protocolVersion': version };
  const params = { name: 'echo', arguments: { text: 'a' }, _meta: meta };
  return await fetch(url, {
    method: 'POST',
    headers: {
      'mcp-protocol-version': version,
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }),
  });
}
