import { Lock } from '@linkspan/concurrency';
import { type EventStream, EventStreamPromise } from '@linkspan/core';
import type { AgentStream, OpenAgentStream } from './agent-dialects.ts';
import type { AgentCallOptions, AgentInput, AgentRun, AgentStreamOptions } from './agent-run.ts';

/** How a conversation begins. */
export interface AgentSessionOptions {
  /** The agent, instead of the client's. */
  readonly agentId?: string | undefined;
  /** What was said before: the `history` of an earlier session. */
  readonly history?: readonly unknown[] | undefined;
}

/** What the user says in one turn; the history is the session's. */
export type AgentTurn = string | Omit<AgentInput, 'messageHistory'>;

/** Who runs the agent of a session. */
export interface AgentRunner {
  run<Output = unknown>(input: AgentInput, options?: AgentCallOptions): Promise<AgentRun<Output>>;
  runStream(input: AgentInput, options?: AgentStreamOptions): AgentStream;
}

type TurnOptions<Options> = Omit<Options, 'agentId'>;

/**
 * A conversation with one agent. Turns are taken one after another, in the order in which they were
 * asked for; one that fails, is cut or is left leaves the history as it was.
 */
export class AgentSession {
  readonly #runner: AgentRunner;
  readonly #agentId: { readonly agentId?: string };
  readonly #turns = new Lock();
  #history: readonly unknown[];

  constructor(runner: AgentRunner, options: AgentSessionOptions = {}) {
    this.#runner = runner;
    this.#agentId = options.agentId === undefined ? {} : { agentId: options.agentId };
    this.#history = options.history ?? [];
  }

  /** What was said, in the messages of pydantic-ai: what a later session can begin with. */
  get history(): readonly unknown[] {
    return this.#history;
  }

  /** Takes a turn, and gives the agent's answer. */
  async run<Output = unknown>(
    turn: AgentTurn,
    options: TurnOptions<AgentCallOptions> = {},
  ): Promise<AgentRun<Output>> {
    return await this.#turns.run(async () => {
      const call = { ...options, ...this.#agentId };
      const run = await this.#runner.run<Output>(this.#inputOf(turn), call);
      if (run.messages.length > 0) this.#history = run.messages;
      return run;
    }, options.signal);
  }

  /**
   * Takes a turn, and streams the agent's answer. The turn lasts until the stream has its outcome:
   * read it to its end, or leave it, before the next turn can begin.
   */
  runStream(turn: AgentTurn, options: TurnOptions<AgentStreamOptions> = {}): AgentStream {
    return new EventStreamPromise(this.#openStream(turn, options));
  }

  async #openStream(
    turn: AgentTurn,
    options: TurnOptions<AgentStreamOptions>,
  ): Promise<OpenAgentStream> {
    const lease = await this.#turns.acquire(options.signal);
    try {
      const call = { ...options, ...this.#agentId };
      const stream = await this.#runner.runStream(this.#inputOf(turn), call);
      void this.#endTurn(turn, stream).finally(() => lease.release());
      return stream;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** A stream tells only the text: the two messages of the turn are written here. */
  async #endTurn(
    turn: AgentTurn,
    stream: EventStream<string, { readonly text: string }>,
  ): Promise<void> {
    const { status } = await stream.outcome;
    if (status !== 'complete') return;
    const content = typeof turn === 'string' ? turn : turn.prompt;
    this.#history = [
      ...this.#history,
      { kind: 'request', parts: [{ part_kind: 'user-prompt', content }] },
      { kind: 'response', parts: [{ part_kind: 'text', content: stream.partial.text }] },
    ];
  }

  #inputOf(turn: AgentTurn): AgentInput {
    const input = typeof turn === 'string' ? { prompt: turn } : turn;
    return this.#history.length === 0 ? input : { ...input, messageHistory: this.#history };
  }
}
