import type { Usage } from '@linkspan/core';
import type { AgentStreamOptions } from '@linkspan/http/pydantic';
import type { AgentMessage } from '../output/answer.ts';
import type { AgentClients } from './clients.ts';
import { turnMessages } from './turn-messages.ts';

/** What an agent answered to one prompt. */
export interface AgentReply {
  readonly text: string;
  readonly usage?: Usage | undefined;
  readonly timeToFirstEventMs?: number | undefined;
}

/**
 * A conversation with a pydantic-ai style agent. A prompt and its answer enter the history together,
 * when the whole answer is there: a prompt whose answer broke off can be sent again as it was.
 */
export class AgentSession {
  readonly #clients: AgentClients;
  readonly #agentId: string;
  readonly #history: AgentMessage[] = [];
  /** The history as pydantic-ai writes it. */
  #wireHistory: readonly unknown[] = [];

  constructor(clients: AgentClients, agentId: string) {
    this.#clients = clients;
    this.#agentId = agentId;
  }

  /** The prompts and answers so far, in turn. */
  get history(): readonly AgentMessage[] {
    return this.#history;
  }

  /** Sends a prompt and gives the answer, which comes all at once. */
  async run(prompt: string, options: AgentStreamOptions = {}): Promise<AgentReply> {
    const { firstEventMs: _first, eventIdleMs: _idle, limits: _limits, ...call } = options;
    const { result, messages, usage } = await this.#clients.synapse.run(this.#input(prompt), {
      ...call,
      agentId: this.#agentId,
    });
    const text = typeof result === 'string' ? result : (JSON.stringify(result) ?? '');
    this.#remember(prompt, text, messages);
    return { text, usage };
  }

  /**
   * Sends a prompt and gives the answer that is streamed back.
   *
   * @throws StreamIncompleteError when the stream ends before the answer does.
   */
  async runStream(
    dialect: keyof AgentClients,
    prompt: string,
    options: AgentStreamOptions = {},
  ): Promise<AgentReply> {
    const reply =
      dialect === 'synapse'
        ? await this.#runSynapse(prompt, options)
        : await this.#runNdjson(prompt, options);
    this.#remember(prompt, reply.text, []);
    return reply;
  }

  async #runSynapse(prompt: string, options: AgentStreamOptions): Promise<AgentReply> {
    const call = { ...options, agentId: this.#agentId };
    const stream = await this.#clients.synapse.runStream(this.#input(prompt), call);
    const { text } = await stream.result();
    return { text, ...(await stream.outcome) };
  }

  async #runNdjson(prompt: string, options: AgentStreamOptions): Promise<AgentReply> {
    const call = { ...options, agentId: this.#agentId };
    const stream = await this.#clients.ndjson.runStream(this.#input(prompt), call);
    // Every line holds the whole text so far.
    const last = (await stream.result()) as { readonly content?: unknown } | null | undefined;
    const text = typeof last?.content === 'string' ? last.content : (JSON.stringify(last) ?? '');
    return { text, ...(await stream.outcome) };
  }

  #input(prompt: string): {
    readonly prompt: string;
    readonly messageHistory?: readonly unknown[];
  } {
    const messageHistory = this.#wireHistory;
    return messageHistory.length === 0 ? { prompt } : { prompt, messageHistory };
  }

  /** The agent's own messages tell more than the texts do: what tools it called. */
  #remember(prompt: string, text: string, messages: readonly unknown[]): void {
    this.#history.push({ role: 'user', content: prompt }, { role: 'assistant', content: text });
    this.#wireHistory =
      messages.length > 0 ? messages : [...this.#wireHistory, ...turnMessages(prompt, text)];
  }
}
