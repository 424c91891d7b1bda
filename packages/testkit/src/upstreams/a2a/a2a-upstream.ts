import {
  type Answer,
  jsonAnswer,
  sseEvent,
  type StreamAnswer,
  type ValueAnswer,
} from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';
import { contentText, fieldsOf, textOf } from '../json-body.ts';
import { readRpc, rpcErrorAnswer, rpcErrors, rpcResult } from '../json-rpc.ts';
import { askModel } from '../model/ask-model.ts';
import { ReplyScript } from '../model/reply-script.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { type A2aError, a2aErrors, a2aFaults } from './a2a-errors.ts';
import { A2aTask } from './a2a-task.ts';

type Params = Readonly<Record<string, unknown>>;

/** What an operation gives, before a binding puts it into its form. */
type Outcome =
  | { readonly result: object; readonly delayMs?: number }
  | { readonly task: A2aTask; readonly isSubscription: boolean }
  | { readonly error: A2aError }
  | { readonly refused: ValueAnswer };

/** One way of writing what an operation gives: JSON-RPC, or REST. */
interface Binding {
  readonly result: (result: object, delayMs?: number) => Answer;
  readonly event: (streamResponse: string) => string;
  readonly error: (error: A2aError) => Answer;
}

const operationOfPath: readonly (readonly [string, RegExp, string])[] = [
  ['POST', /^\/message:send$/, 'SendMessage'],
  ['POST', /^\/message:stream$/, 'SendStreamingMessage'],
  ['GET', /^\/tasks\/([^/:]+)$/, 'GetTask'],
  ['POST', /^\/tasks\/([^/:]+):cancel$/, 'CancelTask'],
  ['GET', /^\/tasks\/([^/:]+):subscribe$/, 'SubscribeToTask'],
  ['POST', /^\/tasks\/([^/:]+):subscribe$/, 'SubscribeToTask'],
];

/**
 * An agent that speaks A2A 1.0: JSON-RPC at its URL, REST below it, and its card. Every message
 * makes a task, whose artifact is the answer. See https://a2a-protocol.org/latest/specification/
 */
export class A2aUpstream implements Upstream {
  readonly name = 'a2a';
  readonly prefix = '/a2a';
  readonly faults: FaultTable = a2aFaults;
  readonly stumbles: StumbleScript;
  readonly replies: ReplyScript = new ReplyScript();
  readonly #context: UpstreamContext;
  readonly #tasks = new Map<string, A2aTask>();

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.stumbles = new StumbleScript(`a2a ${context.seed}`);
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { method, route, headers, body } = request;
    if (method === 'GET' && route === '/.well-known/agent-card.json') return this.#card(request);
    const isRpc = method === 'POST' && (route === '' || route === '/');
    const binding = isRpc ? rpcBinding(body) : REST;
    const called = isRpc ? rpcOperation(body) : restOperation(request);
    if (called === undefined) return binding.error(a2aErrors.methodNotFound);
    if (headers['a2a-version'] !== '1.0') return binding.error(a2aErrors.versionNotSupported);
    const outcome = await this.#run(called.operation, called.params, request);
    if ('refused' in outcome) return outcome.refused;
    if ('error' in outcome) return binding.error(outcome.error);
    if ('result' in outcome) return binding.result(outcome.result, outcome.delayMs);
    return this.#stream(outcome.task, outcome.isSubscription, binding);
  }

  refuse(
    { status, message, code, retryAfterMs }: ProviderFault,
    request: UpstreamRequest,
  ): ValueAnswer {
    const headers = retryAfterHeader(retryAfterMs);
    if (request.method === 'POST' && request.route.length < 2) {
      const error = { ...rpcErrors.internal, message };
      return rpcErrorAnswer(status, readRpc(request.body).id, error, headers);
    }
    return jsonAnswer(
      status,
      statusBody({ status, message, word: 'UNAVAILABLE', reason: code ?? 'UNAVAILABLE' }),
      {
        'content-type': REST_TYPE,
        ...headers,
      },
    );
  }

  async #run(operation: string, params: Params, request: UpstreamRequest): Promise<Outcome> {
    if (operation === 'SendMessage' || operation === 'SendStreamingMessage') {
      return await this.#send(operation === 'SendStreamingMessage', params, request);
    }
    const task = this.#tasks.get(textOf(params['id']));
    if (task === undefined) return { error: a2aErrors.taskNotFound };
    switch (operation) {
      case 'GetTask':
        return { result: task.now };
      case 'CancelTask':
        if (task.isOver) return { error: a2aErrors.taskNotCancelable };
        task.cancel();
        return { result: task.now };
      default:
        if (task.isOver) return { error: a2aErrors.unsupportedOperation };
        return { task, isSubscription: true };
    }
  }

  async #send(isStream: boolean, params: Params, request: UpstreamRequest): Promise<Outcome> {
    const message = fieldsOf(params['message']);
    if (!Array.isArray(message['parts'])) return { error: a2aErrors.invalidParams };
    const prompt = contentText(message['parts']);
    const question = { prompt, model: undefined, input: prompt, callPrefix: 'call_' };
    const reply = await askModel(this.replies, request, question, this.#context);
    if ('refuse' in reply) return { refused: this.refuse(reply.refuse, request) };
    const task = new A2aTask(message, reply, this.#context);
    this.#tasks.set(task.id, task);
    if (isStream) return { task, isSubscription: false };
    const { returnImmediately, blocking } = fieldsOf(params['configuration']);
    if (returnImmediately === true || blocking === false) return { result: { task: task.now } };
    return { result: { task: task.final }, delayMs: task.durationMs };
  }

  #stream(task: A2aTask, isSubscription: boolean, { event }: Binding): StreamAnswer {
    const snapshot = JSON.stringify({ task: task.now });
    return {
      kind: 'stream',
      headers: { 'content-type': 'text/event-stream', 'a2a-version': '1.0' },
      timeline: task.timeline,
      from: isSubscription ? Math.max(1, task.timeline.passed) : 0,
      ...(isSubscription && { prelude: event(snapshot) }),
      wrap: event,
      ending: A2aTask.ending,
      failure: () => [task.failure],
    };
  }

  #card({ headers }: UpstreamRequest): Answer {
    const url = `http://${headers['host']}${this.prefix}`;
    const interfaces = ['JSONRPC', 'HTTP+JSON'].map((protocolBinding) => ({
      url,
      protocolBinding,
      protocolVersion: '1.0',
    }));
    return jsonAnswer(200, {
      name: 'Mock agent',
      description: 'Answers every message with a task.',
      version: '1.0.0',
      supportedInterfaces: interfaces,
      capabilities: { streaming: true, pushNotifications: false },
      defaultInputModes: ['text/plain'],
      defaultOutputModes: ['text/plain'],
      skills: [{ id: 'answer', name: 'Answer', description: 'Answers a message', tags: ['mock'] }],
    });
  }
}

interface Call {
  readonly operation: string;
  readonly params: Params;
}

const operations: ReadonlySet<string> = new Set(operationOfPath.map(([, , name]) => name));

function rpcOperation(body: unknown): Call | undefined {
  const { method = '', params } = readRpc(body);
  return operations.has(method) ? { operation: method, params } : undefined;
}

function restOperation({ method, route, body }: UpstreamRequest): Call | undefined {
  for (const [verb, path, operation] of operationOfPath) {
    const match = verb === method ? path.exec(route) : null;
    if (match === null) continue;
    const id = match[1];
    return { operation, params: { ...fieldsOf(body), ...(id !== undefined && { id }) } };
  }
  return undefined;
}

function rpcBinding(body: unknown): Binding {
  const { id } = readRpc(body);
  return {
    result: (result, delayMs) => jsonAnswer(200, rpcResult(id, result), {}, delayMs),
    event: (streamResponse) => sseEvent(rpcResult(id, JSON.parse(streamResponse))),
    error: ({ code, message }) => rpcErrorAnswer(200, id, { code, message }),
  };
}

const REST_TYPE = 'application/a2a+json';

const REST: Binding = {
  result: (result, delayMs) => jsonAnswer(200, result, { 'content-type': REST_TYPE }, delayMs),
  event: (streamResponse) => sseEvent(streamResponse),
  error: (error) => jsonAnswer(error.status, statusBody(error), { 'content-type': REST_TYPE }),
};

/** An error as google.rpc.Status in JSON. */
function statusBody({ status, message, word, reason }: Omit<A2aError, 'code'>): object {
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'a2a-protocol.org',
  };
  return { error: { code: status, status: word, message, details: [info] } };
}
