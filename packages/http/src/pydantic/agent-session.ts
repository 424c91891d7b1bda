import { randomUUID } from 'node:crypto';
import { Lock } from '@linkspan/concurrency';
import { type EventStream, EventStreamPromise } from '@linkspan/core';
import type { AgentStream, SessionDialectName } from './agent-dialects.ts';
import { type AgentAnswer, agentProtocols } from './agent-protocols.ts';
import type { AgentCallOptions, AgentInput, AgentRun, AgentStreamOptions } from './agent-run.ts';

/** How a conversation begins. */
export interface AgentSessionOptions {
  /** The agent, instead of the client's. */
  readonly agentId?: string | undefined;
  /** What was said before: the `history` of an earlier session. */
  readonly history?: readonly unknown[] | undefined;
  /**
   * The conversation, in the dialects that name it: the `threadId` of an earlier session.
   *
   * @default a random one
   */
  readonly threadId?: string | undefined;
}

/** What the user says in one turn; the history is the session's. */
export type AgentTurn = string | Omit<AgentInput, 'messageHistory' | 'threadId'>;

/** Who runs the agent of a session. */
export interface AgentRunner<Name extends SessionDialectName = 'synapse'> {
  readonly dialect: Name;
  run<Output = unknown>(input: AgentInput, options?: AgentCallOptions): Promise<AgentRun<Output>>;
  runStream(input: AgentInput, options?: AgentStreamOptions): AgentStream<Name>;
}

type TurnOptions<Options> = Omit<Options, 'agentId'>;

/**
 * A conversation with one agent. Turns are taken one after another, in the order in which they were
 * asked for; one that fails, is cut or is left leaves the history as it was.
 *
 * The history is in the messages of the dialect: pydantic-ai's, the AI SDK's or AG-UI's. Where an
 * answer is a stream, they hold what was asked and the text that came, without the calls of tools.
 */
export class AgentSession<Name extends SessionDialectName = 'synapse'> {
  /** The conversation, in the dialects that name it. */
  readonly threadId: string;
  readonly #runner: AgentRunner<Name>;
  readonly #agentId: { readonly agentId?: string };
  readonly #turns = new Lock();
  #history: readonly unknown[];

  constructor(runner: AgentRunner<Name>, options: AgentSessionOptions = {}) {
    this.threadId = options.threadId ?? randomUUID();
    this.#runner = runner;
    this.#agentId = options.agentId === undefined ? {} : { agentId: options.agentId };
    this.#history = options.history ?? [];
  }

  /** What was said, in the messages of the dialect: what a later session can begin with. */
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
  runStream(turn: AgentTurn, options: TurnOptions<AgentStreamOptions> = {}): AgentStream<Name> {
    const stream: Promise<EventStream<unknown, unknown>> = this.#openStream(turn, options);
    return new EventStreamPromise(stream) as unknown as AgentStream<Name>;
  }

  async #openStream(
    turn: AgentTurn,
    options: TurnOptions<AgentStreamOptions>,
  ): Promise<EventStream<unknown, AgentAnswer>> {
    const lease = await this.#turns.acquire(options.signal);
    try {
      const call = { ...options, ...this.#agentId };
      const input = this.#inputOf(turn);
      const opening = this.#runner.runStream(input, call) as PromiseLike<unknown>;
      const stream = (await opening) as EventStream<unknown, AgentAnswer>;
      void this.#endTurn(input, stream).finally(() => lease.release());
      return stream;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** A stream tells only the text: the two messages of the turn are written here. */
  async #endTurn(input: AgentInput, stream: EventStream<unknown, AgentAnswer>): Promise<void> {
    const { status } = await stream.outcome;
    if (status !== 'complete') return;
    const protocol = agentProtocols[this.#runner.dialect];
    this.#history = [...this.#history, ...protocol.turn(input, stream.partial)];
  }

  #inputOf(turn: AgentTurn): AgentInput {
    const asked: AgentInput = typeof turn === 'string' ? { prompt: turn } : turn;
    return {
      ...asked,
      messageId: asked.messageId ?? randomUUID(),
      threadId: this.threadId,
      ...(this.#history.length > 0 && { messageHistory: this.#history }),
    };
  }
}
