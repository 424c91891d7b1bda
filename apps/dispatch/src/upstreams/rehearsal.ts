import type { Endpoint, EndpointMap } from '../command-line/endpoints.ts';
import type { RowKind } from '../input/row.ts';
import { ROW_HEADER } from '../delivery/row-header.ts';
import { answerAgent } from './agent.ts';
import { answerChatCompletions } from './chat-completions.ts';
import { answerJsonApi } from './json-api.ts';
import { type Stumble, StumbleScript } from './stumbles.ts';
import { type Exchange, startUpstream, type Upstream } from './upstream.ts';

type Answerer = (exchange: Exchange, stumble: Stumble | undefined) => Promise<void>;

const answerers: Readonly<Record<RowKind, Answerer>> = {
  json: answerJsonApi,
  chat: answerChatCompletions,
  agent: answerAgent,
};

/** The embedded upstreams, one server for each kind of row. */
export class Rehearsal implements AsyncDisposable {
  readonly #upstreams: Readonly<Record<RowKind, Upstream>>;

  private constructor(upstreams: Readonly<Record<RowKind, Upstream>>) {
    this.#upstreams = upstreams;
  }

  /**
   * Starts them on free ports of the loopback interface. The same seed gives the same stumbles, none
   * gives none.
   */
  static async start(seed: number | undefined): Promise<Rehearsal> {
    const script = seed === undefined ? undefined : new StumbleScript(seed);
    const start = (kind: RowKind): Promise<Upstream> =>
      startUpstream((exchange) => {
        const id = String(exchange.headers[ROW_HEADER] ?? exchange.url.href);
        return answerers[kind](exchange, script?.next(kind, id));
      });
    const [json, chat, agent] = await Promise.all([start('json'), start('chat'), start('agent')]);
    return new Rehearsal({ json, chat, agent });
  }

  /** Where the rows of each kind are sent. */
  get endpoints(): EndpointMap {
    const { json, chat, agent } = this.#upstreams;
    return { json: at(json.origin), chat: at(`${chat.origin}/v1`), agent: at(agent.origin) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      Object.values(this.#upstreams).map(async (upstream) => {
        await upstream[Symbol.asyncDispose]();
      }),
    );
  }
}

function at(baseUrl: string): Endpoint {
  return { baseUrl, apiKey: undefined, label: 'rehearsal' };
}
