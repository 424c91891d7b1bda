import { isLinkspanError, type LinkspanError } from 'linkspan';
import type { Answer, AnswerContent, AnswerError } from '../output/answer.ts';
import type { Clients } from './clients.ts';
import { deliverAgent } from './deliver-agent.ts';
import { deliverChat } from './deliver-chat.ts';
import { canFallBack, deliverFallback, type FallbackRow } from './deliver-fallback.ts';
import { deliverJson } from './deliver-json.ts';
import { deliverMessages } from './deliver-messages.ts';
import { deliverSdkChat } from './deliver-sdk-chat.ts';
import { deliverUiAgent } from './deliver-ui-agent.ts';
import { deliverWebSocket } from './deliver-web-socket.ts';
import type { Row } from '../input/row.ts';
import { reasonOf, RowCall, type RowRoute, type SendSettings } from './row-call.ts';

/** What the dispatcher is told beside how to send. */
export interface DispatchSettings extends SendSettings {
  /** Whether a chat or agent request may be repeated that may have been processed. */
  readonly mayResend: boolean;
}

/** Sends rows, each to its upstream, and makes a line of the output of whatever comes back. */
export class Dispatcher {
  readonly #clients: Clients;
  readonly #settings: DispatchSettings;
  #inFlight = 0;

  constructor(clients: Clients, settings: DispatchSettings) {
    this.#clients = clients;
    this.#settings = settings;
  }

  /** How many rows are on the way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * The answer to a row, or its failure.
   *
   * @throws the signal's reason when it aborts: the row then has neither.
   */
  async dispatch(row: Row, signal: AbortSignal): Promise<Answer> {
    const call = new RowCall(row, this.#settings, this.#routeOf(row), signal);
    const startedAt = performance.now();
    this.#inFlight += 1;
    try {
      const answer = await this.#deliverAnywhere(row, call);
      return { ...this.#head(row), status: 'ok', answer, ...this.#facts(row, call, startedAt) };
    } catch (error) {
      if (signal.aborted || !isLinkspanError(error)) throw error;
      const failure = describeFailure(error);
      return {
        ...this.#head(row),
        status: 'failed',
        error: failure,
        ...this.#facts(row, call, startedAt),
      };
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** From its own upstream, or from the fallback where that one is down or refuses. */
  async #deliverAnywhere(row: Row, call: RowCall): Promise<AnswerContent> {
    const { mayResend } = this.#settings;
    try {
      return await this.#deliver(row, call);
    } catch (error) {
      if (!this.#hasFallback(row) || !call.fallsBack(error, mayResend)) throw error;
      call.turnTo({ budget: this.#clients.guard('fallback').budget, hasFallback: false }, error);
      return await deliverFallback(row, this.#clients.get('fallback'), call, mayResend);
    }
  }

  #routeOf(row: Row): RowRoute {
    const { budget } = this.#clients.guard(row.kind);
    return { budget, hasFallback: this.#hasFallback(row) };
  }

  #hasFallback(row: Row): row is FallbackRow {
    return canFallBack(row) && this.#clients.manager.has('fallback');
  }

  async #deliver(row: Row, call: RowCall): Promise<AnswerContent> {
    const { mayResend } = this.#settings;
    const clients = this.#clients;
    switch (row.kind) {
      case 'json':
        return await deliverJson(row, clients.get('json'), call);
      case 'chat':
        return await deliverChat(row, clients.get('chat'), call, mayResend);
      case 'messages':
        return await deliverMessages(row, clients.get('messages'), call, mayResend);
      case 'vercel-ui':
      case 'ag-ui':
        return await deliverUiAgent(row, clients.get(row.kind), call, mayResend);
      case 'agent':
        return await deliverAgent(row, clients.get('agent'), call, mayResend);
      case 'web-socket':
        return await deliverWebSocket(row, clients.get('web-socket'), call);
      case 'openai-sdk':
      case 'anthropic-sdk':
        return await deliverSdkChat(row, clients.get(row.kind), call, mayResend);
    }
  }

  #head({ id, kind }: Row): Pick<Answer, 'id' | 'kind'> {
    return { id, kind };
  }

  #facts(row: Row, call: RowCall, startedAt: number): Omit<Answer, 'id' | 'kind' | 'status'> {
    const { attempts, retries, timeToFirstEventMs: firstEventMs, usage, fallback } = call;
    return {
      attempts,
      retries,
      durationMs: tenths(performance.now() - startedAt),
      ...(firstEventMs !== undefined && { timeToFirstEventMs: tenths(firstEventMs) }),
      ...(usage && { usage }),
      upstream: this.#clients.label(fallback === undefined ? row.kind : 'fallback'),
      ...(fallback !== undefined && { fallback }),
      requestHash: row.requestHash,
      finishedAt: new Date().toISOString(),
    };
  }
}

/** The failure as the output tells it: its facts as JSON, under the same name as in the report. */
function describeFailure(error: LinkspanError): AnswerError {
  const { name, message } = error;
  return { ...error.toJSON(), name, message, code: reasonOf(error) };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
