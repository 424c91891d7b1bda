import { once } from 'node:events';
import { Supervisor } from 'linkspan';
import {
  type MockUpstreams,
  mockUpstreams,
  type ReceivedRequest,
  type Stumble,
  type StumbleChooser,
} from '@linkspan/testkit';
import {
  type Endpoint,
  type EndpointMap,
  FALLBACK_KINDS,
  type UpstreamId,
} from '../command-line/endpoints.ts';
import { ROW_HEADER } from '../delivery/row-header.ts';
import type { RowKind } from '../input/row.ts';
import { answerAsAgent } from './ferry-agents.ts';
import { answerOnLine } from './ferry-line.ts';
import { answerAsModel } from './ferry-model.ts';
import { answerAsPort } from './ferry-port.ts';
import { Outage } from './outage.ts';
import { PortQuota } from './port-quota.ts';
import { StumbleScript } from './stumbles.ts';

/** How the embedded upstreams behave. */
export interface RehearsalOptions {
  /** The kinds of rows that there are. */
  readonly kinds: readonly RowKind[];
  /** The same seed gives the same stumbles; none gives none. */
  readonly seed?: number | undefined;
  /** Told when an upstream has crashed and is restarted. */
  readonly onCrash?: (kind: string) => void;
}

/** The request of an agent that takes the server down with it. */
const CRASHING_REQUEST = 40;

/**
 * Which upstreams are down for a while, and when: one from the beginning, so that its rows have not
 * stumbled before, and one in the middle, whose rows have a fallback.
 */
const outages: Readonly<Partial<Record<UpstreamId, ConstructorParameters<typeof Outage>[0]>>> = {
  messages: { after: 0, refusals: 3 },
  'openai-sdk': { after: 8, refusals: 4 },
};

/** Takes its server down, with all that is in flight on it. */
class UpstreamCrash extends Error {
  override readonly name = 'UpstreamCrash';
}

/** Which of the mock upstreams it is that answers, and where. */
const baseUrls: Readonly<Record<UpstreamId, (upstreams: MockUpstreams) => string>> = {
  json: ({ json }) => json.baseUrl,
  chat: ({ openai }) => openai.baseUrl,
  messages: ({ anthropic }) => anthropic.baseUrl,
  agent: ({ agent }) => agent.baseUrl,
  'vercel-ui': ({ agent }) => agent.vercelUrl,
  'ag-ui': ({ agent }) => agent.agUiUrl,
  'web-socket': ({ webSocket }) => webSocket.url,
  'openai-sdk': ({ openai }) => openai.baseUrl,
  'anthropic-sdk': ({ anthropic }) => anthropic.baseUrl,
  fallback: ({ openai }) => openai.baseUrl,
};

/**
 * The embedded upstreams, one supervised server for each kind of row, and the fallback. Where they
 * stumble, the one of the agents also crashes, once, and comes back on the same port; two are down for
 * a while; and the JSON API has a quota. The fallback does not stumble.
 */
export class Rehearsal implements AsyncDisposable {
  /** Where the rows of each kind are sent, and those whose upstream is down. */
  readonly endpoints: EndpointMap;
  readonly #supervisor: Supervisor;

  private constructor(endpoints: EndpointMap, supervisor: Supervisor) {
    this.endpoints = endpoints;
    this.#supervisor = supervisor;
  }

  /** Starts them on free ports of the loopback interface. */
  static async start({ kinds, seed, onCrash }: RehearsalOptions): Promise<Rehearsal> {
    const script = seed === undefined ? undefined : new StumbleScript(seed);
    const supervisor = new Supervisor({
      baseDelayMs: 50,
      onFailure: (_error, kind) => onCrash?.(kind),
    });
    const ids: UpstreamId[] = [...kinds];
    if (kinds.some((kind) => FALLBACK_KINDS.has(kind))) ids.push('fallback');
    const endpoints = await Promise.all(
      ids.map(async (id) => [id, await startUpstream(id, supervisor, script)] as const),
    );
    return new Rehearsal(Object.fromEntries(endpoints), supervisor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor.close();
  }
}

/** Gives the address of the upstream, which stays the same when it is restarted. */
async function startUpstream(
  id: UpstreamId,
  supervisor: Supervisor,
  script: StumbleScript | undefined,
): Promise<Endpoint> {
  const ready = Promise.withResolvers<string>();
  const choose = script === undefined || id === 'fallback' ? undefined : chooserOf(id, script);
  const crashes = id === 'agent' && script !== undefined;
  let port = 0;
  let requests = 0;
  const serve = async (signal: AbortSignal): Promise<void> => {
    const upstreams = await mockUpstreams({ port });
    try {
      port = Number(new URL(upstreams.origin).port);
      const ended = Promise.withResolvers<never>();
      const chooseOrCrash: StumbleChooser = (request) => {
        const isCheck = request.headers[ROW_HEADER] === undefined;
        if (!isCheck) requests += 1;
        if (!crashes || isCheck || requests !== CRASHING_REQUEST) return choose?.(request);
        ended.reject(new UpstreamCrash('The agent took its server down'));
        return { kind: 'no-answer' };
      };
      if (id === 'web-socket') rehearseLine(upstreams, script);
      else rehearse(upstreams, id, chooseOrCrash, script !== undefined);
      ready.resolve(baseUrls[id](upstreams));
      await Promise.race([ended.promise, untilAborted(signal)]);
    } finally {
      await upstreams.close();
    }
  };
  supervisor.add(({ signal }) => serve(signal), { name: id });
  const baseUrl = await Promise.race([ready.promise, supervisor.closed.then(() => '')]);
  return { baseUrl, apiKey: undefined, label: 'rehearsal' };
}

/** Which request of a kind of rows stumbles how. */
function chooserOf(kind: RowKind, script: StumbleScript): StumbleChooser {
  const outage = outages[kind] === undefined ? undefined : new Outage(outages[kind]);
  return (request) => {
    const row = request.headers[ROW_HEADER];
    const isCheck = row === undefined;
    if (outage?.refuses(isCheck) === true) {
      if (!isCheck) script.spare(row);
      return { kind: 'overloaded' };
    }
    return isCheck ? undefined : inForm(script.next(kind, row), kind, request);
  };
}

/** Teaches an upstream its words and its stumbles. */
function rehearse(
  upstreams: MockUpstreams,
  id: UpstreamId,
  choose: StumbleChooser,
  hasQuota: boolean,
): void {
  switch (id) {
    case 'json': {
      const quota = new PortQuota();
      upstreams.json.reply((request) => {
        const isCheck = request.headers[ROW_HEADER] === undefined;
        const reply = answerAsPort(request);
        return hasQuota && !isCheck ? quota.apply(reply) : reply;
      });
      upstreams.json.stumble(choose);
      return;
    }
    case 'chat':
    case 'openai-sdk':
    case 'messages':
    case 'anthropic-sdk':
    case 'fallback': {
      const isAnthropic = id === 'messages' || id === 'anthropic-sdk';
      const model = isAnthropic ? upstreams.anthropic : upstreams.openai;
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
