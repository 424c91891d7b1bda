import { type Answer, jsonAnswer, sseEvent } from '../answer.ts';
import {
  type RpcError,
  readRpc,
  rpcErrorAnswer,
  rpcErrors,
  rpcFailure,
  type RpcId,
  type RpcRequest,
  rpcResult,
} from '../json-rpc.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import type { CallResult, McpTools } from './mcp-tools.ts';
import { SERVER_INFO } from './mcp-server-info.ts';

/** A stream of one request, which can be taken up by the ids of its events. */
interface Call {
  readonly requestId: RpcId;
  readonly timeline: Timeline;
  readonly failure: (index: number) => readonly string[];
}

/** The streams of one session, by the name that the ids of their events begin with. */
type Session = Map<string, Call>;

const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;

/** How long a client is asked to wait before it takes a stream up again. */
const RETRY_MS = 10;

/**
 * MCP over Streamable HTTP up to revision 2025-11-25: sessions; calls of tools as streams of events
 * with ids, which a GET with `Last-Event-ID` takes up; a connection that ends is no cancellation.
 * See https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
export class Mcp2025 {
  readonly #context: UpstreamContext;
  readonly #tools: McpTools;
  readonly #sessions = new Map<string, Session>();

  constructor(tools: McpTools, context: UpstreamContext) {
    this.#tools = tools;
    this.#context = context;
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { method, headers, body } = request;
    const rpc = readRpc(body);
    if (method === 'POST' && rpc.method === 'initialize') return this.#initialize(rpc);
    const version = headers['mcp-protocol-version'];
    if (version !== undefined && !VERSIONS.some((known) => known === version)) {
      return refused(400, rpc.id, `Bad Request: Unsupported protocol version: ${version}`);
    }
    const sessionId = headers['mcp-session-id'];
    if (sessionId === undefined)
      return refused(400, rpc.id, 'Bad Request: Mcp-Session-Id header is required');
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return rpcErrorAnswer(404, rpc.id, SESSION_NOT_FOUND);
    switch (method) {
      case 'POST':
        return await this.#post(rpc, session, request);
      case 'GET':
        return resume(session, headers['last-event-id']);
      case 'DELETE':
        this.#sessions.delete(sessionId);
        return { kind: 'value', status: 200, headers: {}, body: undefined };
      default:
        return methodNotAllowed();
    }
  }

  #initialize({ id, params }: RpcRequest): Answer {
    const sessionId = this.#context.mint.uuid();
    this.#sessions.set(sessionId, new Map());
    const asked = VERSIONS.find((version) => version === params['protocolVersion']);
    const result = {
      protocolVersion: asked ?? VERSIONS[0],
      capabilities: { tools: { listChanged: false } },
      serverInfo: SERVER_INFO,
    };
    return jsonAnswer(200, rpcResult(id, result), { 'mcp-session-id': sessionId });
  }

  async #post(rpc: RpcRequest, session: Session, { headers }: UpstreamRequest): Promise<Answer> {
    const { id, method, params } = rpc;
    const accept = headers['accept'] ?? '';
    if (!['application/json', 'text/event-stream'].every((type) => accept.includes(type))) {
      return refused(
        406,
        id,
        'Not Acceptable: expected both application/json and text/event-stream',
      );
    }
    if (id === undefined || method === undefined) {
      if (method === 'notifications/cancelled') cancel(session, params['requestId']);
      return { kind: 'value', status: 202, headers: {}, body: undefined };
    }
    switch (method) {
      case 'ping':
        return jsonAnswer(200, rpcResult(id, {}));
      case 'tools/list':
        return jsonAnswer(200, rpcResult(id, this.#tools.list));
      case 'tools/call':
        return this.#call(id, await this.#tools.call(params), session);
      default:
        return rpcErrorAnswer(200, id, rpcErrors.methodNotFound);
    }
  }

  #call(id: RpcId, made: RpcError | CallResult, session: Session): Answer {
    const { mint, clock, pace } = this.#context;
    const stream = mint.id('', 12);
    const messages =
      'result' in made ? [...made.progress, rpcResult(id, made.result)] : [rpcFailure(id, made)];
    const event = (message: object, index: number): string =>
      sseEvent(message, 'message', `${stream}_${index}`);
    const priming = `id: ${stream}_0\nretry: ${RETRY_MS}\ndata: \n\n`;
    const events = [priming, ...messages.map((message, index) => event(message, index + 1))];
    const call: Call = {
      requestId: id,
      timeline: new Timeline(events, pace, clock),
      failure: (index) => [event(rpcFailure(id, rpcErrors.internal), index)],
    };
    session.set(stream, call);
    return streamOf(call, 0);
  }
}

function resume(session: Session, lastEventId: string | undefined): Answer {
  if (lastEventId === undefined) return methodNotAllowed();
  const [, stream = '', index] = /^(.*)_(\d+)$/.exec(lastEventId) ?? [];
  const call = session.get(stream);
  if (call === undefined) return refused(400, null, `Invalid event id: ${lastEventId}`);
  return streamOf(call, Number(index) + 1);
}

function streamOf({ timeline, failure }: Call, from: number): Answer {
  const headers = {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
  };
  return { kind: 'stream', headers, timeline, from, ending: 1, failure };
}

/** Ends the work for a request. Whoever follows it gets no response. */
function cancel(session: Session, requestId: unknown): void {
  for (const call of session.values()) if (call.requestId === requestId) call.timeline.end([]);
}

const SESSION_NOT_FOUND = { code: -32001, message: 'Session not found' };

function refused(status: number, id: RpcId | undefined, message: string): Answer {
  return rpcErrorAnswer(status, id, { code: -32000, message });
}

function methodNotAllowed(): Answer {
  const error = { code: -32000, message: 'Method not allowed.' };
  return rpcErrorAnswer(405, null, error, { allow: 'POST, DELETE' });
}
