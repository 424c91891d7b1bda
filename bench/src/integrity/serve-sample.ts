import type { FaultExchange, Play, SampleName } from '@linkspan/testkit';

const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * What has to be answered well before a stream can go wrong: a client of MCP shakes hands first, and
 * asks for a stream of its own beside.
 */
export function withHandshake(protocol: SampleName, play: Play): Play {
  if (protocol !== 'mcp') return play;
  return async (exchange) => {
    if (exchange.request.method !== 'POST') return await exchange.answer(405, {}, '');
    await exchange.request.complete;
    const { method, id } = messageOf(exchange);
    if (method === 'tools/call') return await play(exchange);
    if (method === 'initialize') return await exchange.answer(200, JSON_TYPE, initialized(id));
    return await exchange.answer(202, {}, '');
  };
}

function messageOf({ request }: FaultExchange): { readonly method: string; readonly id: unknown } {
  return JSON.parse(request.body.toString()) as { readonly method: string; readonly id: unknown };
}

function initialized(id: unknown): string {
  const result = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'integrity', version: '1' },
  };
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}
