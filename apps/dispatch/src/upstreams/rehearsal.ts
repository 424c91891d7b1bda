import { Supervisor } from '@linkspan/concurrency';
import type { Endpoint, EndpointMap } from '../command-line/endpoints.ts';
import { ROW_HEADER } from '../delivery/row-header.ts';
import type { RowKind } from '../input/row.ts';
import { answerAgent } from './agent.ts';
import { answerChatCompletions } from './chat-completions.ts';
import { answerJsonApi } from './json-api.ts';
import { type Stumble, StumbleScript } from './stumbles.ts';
import { type Exchange, serve, UpstreamCrash } from './upstream.ts';

type Answerer = (exchange: Exchange, stumble: Stumble | undefined) => Promise<void>;

const answerers: Readonly<Record<RowKind, Answerer>> = {
  json: answerJsonApi,
  chat: answerChatCompletions,
  agent: answerAgent,
};

/** How the embedded upstreams behave. */
export interface RehearsalOptions {
  /** The same seed gives the same stumbles; none gives none. */
  readonly seed?: number | undefined;
  /** Told when an upstream has crashed and is restarted. */
  readonly onCrash?: (kind: string) => void;
}

/** The request of an agent that takes the server down with it. */
const CRASHING_REQUEST = 60;

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
    const [json, chat, agent] = await Promise.all([
      startUpstream('json', supervisor, script),
      startUpstream('chat', supervisor, script),
      startUpstream('agent', supervisor, script),
    ]);
    return new Rehearsal({ json: at(json), chat: at(`${chat}/v1`), agent: at(agent) }, supervisor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor.close();
  }
}

/** Gives the origin of the upstream, which stays the same when it is restarted. */
async function startUpstream(
  kind: RowKind,
  supervisor: Supervisor,
  script: StumbleScript | undefined,
): Promise<string> {
  const ready = Promise.withResolvers<void>();
  let port = 0;
  let requests = 0;
  const listening = (found: number): void => {
    port = found;
    ready.resolve();
  };
  const answer = async (exchange: Exchange): Promise<void> => {
    requests += 1;
    if (kind === 'agent' && script !== undefined && requests === CRASHING_REQUEST) {
      throw new UpstreamCrash('The agent took its server down');
    }
    const id = String(exchange.headers[ROW_HEADER] ?? exchange.url.href);
    await answerers[kind](exchange, script?.next(kind, id));
  };
  supervisor.add(({ signal }) => serve(answer, { port, signal, listening }), { name: kind });
  await Promise.race([ready.promise, supervisor.closed]);
  return `http://127.0.0.1:${port}`;
}

function at(baseUrl: string): Endpoint {
  return { baseUrl, apiKey: undefined, label: 'rehearsal' };
}
