import { once } from 'node:events';
import { Supervisor } from 'linkspan';
import {
  type MockUpstreams,
  mockUpstreams,
  type ReceivedRequest,
  type Stumble,
  type StumbleChooser,
} from '@linkspan/testkit';
import type { Endpoint, EndpointMap } from '../command-line/endpoints.ts';
import { ROW_HEADER } from '../delivery/row-header.ts';
import { type RowKind, rowKinds } from '../input/row.ts';
import { answerAsAgent } from './ferry-agents.ts';
import { answerOnLine } from './ferry-line.ts';
import { answerAsModel } from './ferry-model.ts';
import { answerAsPort } from './ferry-port.ts';
import { StumbleScript } from './stumbles.ts';

/** How the embedded upstreams behave. */
export interface RehearsalOptions {
  /** The same seed gives the same stumbles; none gives none. */
  readonly seed?: number | undefined;
  /** Told when an upstream has crashed and is restarted. */
  readonly onCrash?: (kind: string) => void;
}

/** The request of an agent that takes the server down with it. */
const CRASHING_REQUEST = 40;

/** Takes its server down, with all that is in flight on it. */
class UpstreamCrash extends Error {
  override readonly name = 'UpstreamCrash';
}

/** Which of the mock upstreams answers rows of a kind, and where. */
const baseUrls: Readonly<Record<RowKind, (upstreams: MockUpstreams) => string>> = {
  json: ({ json }) => json.baseUrl,
  chat: ({ openai }) => openai.baseUrl,
  messages: ({ anthropic }) => anthropic.baseUrl,
  agent: ({ agent }) => agent.baseUrl,
  'vercel-ui': ({ agent }) => agent.vercelUrl,
  'ag-ui': ({ agent }) => agent.agUiUrl,
  'web-socket': ({ webSocket }) => webSocket.url,
  'openai-sdk': ({ openai }) => openai.baseUrl,
  'anthropic-sdk': ({ anthropic }) => anthropic.baseUrl,
};

/**
 * The embedded upstreams, one supervised server for each kind of row. Where they stumble, the one of
 * the agents also crashes, once, and comes back on the same port.
 */
export class Rehearsal implements AsyncDisposable {
  /** Where the rows of each kind are sent. */
  readonly endpoints: EndpointMap;
  readonly #supervisor: Supervisor;

  private constructor(endpoints: EndpointMap, supervisor: Supervisor) {
    this.endpoints = endpoints;
    this.#supervisor = supervisor;
  }

  /** Starts them on free ports of the loopback interface. */
  static async start({ seed, onCrash }: RehearsalOptions): Promise<Rehearsal> {
    const script = seed === undefined ? undefined : new StumbleScript(seed);
    const supervisor = new Supervisor({
      baseDelayMs: 50,
      onFailure: (_error, kind) => onCrash?.(kind),
    });
    const endpoints = await Promise.all(
      rowKinds.map(async (kind) => [kind, await startUpstream(kind, supervisor, script)] as const),
    );
    return new Rehearsal(Object.fromEntries(endpoints), supervisor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor.close();
  }
}

/** Gives the address of the upstream, which stays the same when it is restarted. */
async function startUpstream(
  kind: RowKind,
  supervisor: Supervisor,
  script: StumbleScript | undefined,
): Promise<Endpoint> {
  const ready = Promise.withResolvers<string>();
  let port = 0;
  let requests = 0;
  const serve = async (signal: AbortSignal): Promise<void> => {
    const upstreams = await mockUpstreams({ port });
    try {
      port = Number(new URL(upstreams.origin).port);
      const ended = Promise.withResolvers<never>();
      const choose = (request: ReceivedRequest): Stumble | undefined => {
        requests += 1;
        if (kind === 'agent' && script !== undefined && requests === CRASHING_REQUEST) {
          ended.reject(new UpstreamCrash('The agent took its server down'));
          return { kind: 'no-answer' };
        }
        const id = request.headers[ROW_HEADER] ?? request.path;
        return inForm(script?.next(kind, id), kind, request);
      };
      if (kind === 'web-socket') rehearseLine(upstreams, script);
      else rehearse(upstreams, kind, choose);
      ready.resolve(baseUrls[kind](upstreams));
      await Promise.race([ended.promise, untilAborted(signal)]);
    } finally {
      await upstreams.close();
    }
  };
  supervisor.add(({ signal }) => serve(signal), { name: kind });
  const baseUrl = await Promise.race([ready.promise, supervisor.closed.then(() => '')]);
  return { baseUrl, apiKey: undefined, label: 'rehearsal' };
}

/** Teaches an upstream its words and its stumbles. */
function rehearse(upstreams: MockUpstreams, kind: RowKind, choose: StumbleChooser): void {
  switch (kind) {
    case 'json':
      upstreams.json.reply(answerAsPort);
      upstreams.json.stumble(choose);
      return;
    case 'chat':
    case 'openai-sdk':
    case 'messages':
    case 'anthropic-sdk': {
      const isOpenai = kind === 'chat' || kind === 'openai-sdk';
      const model = isOpenai ? upstreams.openai : upstreams.anthropic;
      model.reply(answerAsModel);
      model.stumble(choose);
      return;
    }
    default:
      upstreams.agent.reply(answerAsAgent);
      upstreams.agent.stumble(choose);
  }
}

/** The same for the WebSocket, whose connections stumble and whose calls do. */
function rehearseLine({ webSocket }: MockUpstreams, script: StumbleScript | undefined): void {
  webSocket.reply(answerOnLine((call) => script?.next('web-socket', call)));
  webSocket.stumble(() => script?.nextConnection());
}

/** What of a stumble can be seen in the form of an answer. */
function inForm(
  stumble: Stumble | undefined,
  kind: RowKind,
  { path, body }: ReceivedRequest,
): Stumble | undefined {
  if (stumble === undefined) return undefined;
  const mayStream = kind === 'chat' || kind === 'messages';
  const streams = (body as { readonly stream?: boolean } | undefined)?.stream === true;
  const isAtOnce = mayStream ? !streams : kind === 'json' || path.endsWith('/run');
  // Clocks between events and errors between events are for streams.
  if (isAtOnce && (stumble.kind === 'stall' || stumble.kind === 'error-in-stream'))
    return undefined;
  // NDJSON has no terminator: a clean end is an end. What is cut is cut by breaking the connection.
  const isNdjson = kind === 'agent' && path.endsWith('/chat');
  return isNdjson && stumble.kind === 'cut-stream' ? { ...stumble, how: 'reset' } : stumble;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
