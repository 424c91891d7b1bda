import type { Answer, ValueAnswer } from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';
import { readRpc, rpcErrorAnswer, rpcErrors } from '../json-rpc.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { Mcp2025 } from './mcp-2025.ts';
import { isModern, Mcp2026 } from './mcp-2026.ts';
import { McpTools } from './mcp-tools.ts';

/** How what stands before an MCP server refuses a request. */
const faults: FaultTable = {
  'rate-limit': { status: 429, message: 'Too many requests' },
  overloaded: { status: 503, message: 'The server has no capacity left' },
  'server-error': { status: 500, message: 'Internal error' },
  quota: { status: 402, message: 'The quota of this client is used up' },
  'bad-key': { status: 401, message: 'Unauthorized' },
};

/** An MCP server in both of its eras at one address: each request says which one it is of. */
export class McpUpstream implements Upstream {
  readonly name = 'mcp';
  readonly prefix = '/mcp';
  readonly faults: FaultTable = faults;
  readonly stumbles: StumbleScript;
  readonly tools: McpTools = new McpTools();
  readonly #legacy: Mcp2025;
  readonly #modern: Mcp2026;

  constructor(context: UpstreamContext) {
    this.stumbles = new StumbleScript(`mcp ${context.seed}`);
    this.#legacy = new Mcp2025(this.tools, context);
    this.#modern = new Mcp2026(this.tools, context);
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    if (request.route !== '') return this.refuse({ status: 404, message: 'Not Found' }, request);
    if (request.method === 'POST' && request.body === undefined) {
      return rpcErrorAnswer(400, null, rpcErrors.parse);
    }
    const isPost = request.method === 'POST';
    return await (isPost && isModern(request) ? this.#modern : this.#legacy).answer(request);
  }

  refuse({ status, message, retryAfterMs }: ProviderFault, { body }: UpstreamRequest): ValueAnswer {
    const error = { ...rpcErrors.internal, message };
    return rpcErrorAnswer(status, readRpc(body).id, error, {
      ...retryAfterHeader(retryAfterMs),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    });
  }
}
