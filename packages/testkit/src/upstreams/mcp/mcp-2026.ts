import { type Answer, jsonAnswer, sseEvent } from '../answer.ts';
import { fieldsOf } from '../json-body.ts';
import {
  type RpcError,
  readRpc,
  rpcErrorAnswer,
  rpcErrors,
  rpcFailure,
  type RpcId,
  rpcResult,
} from '../json-rpc.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import type { CallResult, McpTools } from './mcp-tools.ts';
import { SERVER_INFO } from './mcp-server-info.ts';

const VERSION = '2026-07-28';
const META = 'io.modelcontextprotocol/';

/** Whether a request is one of revision 2026-07-28 or later: it says so in its body. */
export function isModern({ headers, body }: UpstreamRequest): boolean {
  const version = versionOf(body) ?? headers['mcp-protocol-version'];
  return version !== undefined && version >= '2026';
}

/**
 * MCP over Streamable HTTP in revision 2026-07-28: POST alone, without sessions; each request carries
 * its version; a stream that is closed is a request that is cancelled, and cannot be taken up.
 * See https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
export class Mcp2026 {
  readonly #context: UpstreamContext;
  readonly #tools: McpTools;

  constructor(tools: McpTools, context: UpstreamContext) {
    this.#tools = tools;
    this.#context = context;
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { id, method, params } = readRpc(request.body);
    const mismatch = mismatchOf(request);
    if (mismatch !== undefined) return rpcErrorAnswer(400, id, mismatch);
    if (id === undefined || method === undefined) {
      return { kind: 'value', status: 202, headers: {}, body: undefined };
    }
    switch (method) {
      case 'server/discover':
        return jsonAnswer(
          200,
          rpcResult(id, cacheable({ supportedVersions: [VERSION], capabilities: { tools: {} } })),
        );
      case 'tools/list':
        return jsonAnswer(200, rpcResult(id, cacheable(this.#tools.list)));
      case 'tools/call':
        return this.#call(id, await this.#tools.call(params));
      default:
        return rpcErrorAnswer(404, id, rpcErrors.methodNotFound);
    }
  }

  #call(id: RpcId, made: RpcError | CallResult): Answer {
    const messages =
      'result' in made
        ? [...made.progress, rpcResult(id, whole(made.result))]
        : [rpcFailure(id, made)];
    const { pace, clock } = this.#context;
    return {
      kind: 'stream',
      headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
      timeline: new Timeline(messages.map(written), pace, clock),
      ending: 1,
      failure: () => [written(rpcFailure(id, rpcErrors.internal))],
    };
  }
}

function written(message: object): string {
  return sseEvent(message, 'message');
}

/** What a header says otherwise than the body, or which version nobody here knows. */
function mismatchOf({ headers, body }: UpstreamRequest): RpcError | undefined {
  const { method, params } = readRpc(body);
  const requested = versionOf(body);
  const named = method === 'tools/call' ? params['name'] : undefined;
  const mirrored = [
    ['MCP-Protocol-Version', headers['mcp-protocol-version'], requested],
    ['Mcp-Method', headers['mcp-method'], method],
    ['Mcp-Name', decoded(headers['mcp-name']), named],
  ] as const;
  for (const [name, found, expected] of mirrored) {
    if (expected !== undefined && found !== expected) {
      return { code: -32020, message: `Header mismatch: ${name} does not match the body` };
    }
  }
  if (requested === VERSION) return undefined;
  const data = { supported: [VERSION], requested: requested ?? headers['mcp-protocol-version'] };
  return { code: -32022, message: 'Unsupported protocol version', data };
}

function versionOf(body: unknown): string | undefined {
  const version = fieldsOf(readRpc(body).params['_meta'])[`${META}protocolVersion`];
  return typeof version === 'string' ? version : undefined;
}

/** The value of a header that may be wrapped as `=?base64?...?=`. */
function decoded(value: string | undefined): string | undefined {
  const wrapped = /^=\?base64\?(.*)\?=$/.exec(value ?? '')?.[1];
  return wrapped === undefined ? value : Buffer.from(wrapped, 'base64').toString();
}

function whole(result: object): object {
  return { resultType: 'complete', ...result, _meta: { [`${META}serverInfo`]: SERVER_INFO } };
}

function cacheable(result: object): object {
  return whole({ ...result, ttlMs: 0, cacheScope: 'private' });
}
