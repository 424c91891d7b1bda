import { writeJson } from '../codec/json-codec.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { reportHookError } from '../middleware/report-hook-error.ts';
import { brokenError, type EndError } from './end-error.ts';
import { RpcCaller } from './rpc-caller.ts';
import type { RpcChannel, RpcEnd } from './rpc-channel.ts';
import {
  invalidRequest,
  PARSE_ERROR,
  parseMessage,
  type ReadCall,
  readMessage,
  type RpcErrorObject,
  type RpcId,
  type RpcParams,
} from './rpc-message.ts';
import type { RpcRequestOptions, RpcSettings, RpcStray } from './rpc-options.ts';
import { type Reply, RpcServer } from './rpc-server.ts';

const BUSY: RpcErrorObject = { code: -32000, message: 'Too many calls are waiting' };

/** Both sides of JSON-RPC over one channel: reads it, and gives each message to whom it is for. */
export class ChannelPeer {
  readonly closed: Promise<RpcEnd>;
  readonly #channel: RpcChannel;
  readonly #settings: RpcSettings;
  readonly #caller: RpcCaller;
  readonly #server: RpcServer;
  readonly #stopInterrupts: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(channel: RpcChannel, settings: RpcSettings) {
    this.#channel = channel;
    this.#settings = settings;
    this.#server = new RpcServer(settings);
    this.#caller = new RpcCaller({
      settings,
      send: (text, signal) => channel.send(text, signal && { signal }),
      onRequest: () => this.#server.wake(),
    });
    this.#stopInterrupts = channel.onInterrupt?.((cause) => {
      this.#caller.interrupt(brokenError('the connection broke before its answer came', cause));
    });
    this.closed = this.#live();
  }

  request(method: string, params?: RpcParams, options?: RpcRequestOptions): Promise<unknown> {
    return this.#caller.request(method, params, options);
  }

  notify(
    method: string,
    params?: RpcParams,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    return this.#caller.notify(method, params, options.signal);
  }

  close(code?: number, reason?: string): Promise<void> {
    this.#closing ??= this.#close(code, reason);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(code: number | undefined, reason: string | undefined): Promise<void> {
    this.#end(closedError);
    try {
      await this.#channel.close(code, reason);
    } finally {
      // A code that the channel refuses does not keep it open.
      await this.#channel.close();
      await this.closed;
    }
  }

  async #live(): Promise<RpcEnd> {
    let end: RpcEnd = { by: 'peer' };
    try {
      await this.#read();
    } catch (error) {
      end = { by: 'failure', error };
    }
    if (this.#closing !== undefined) end = { by: 'caller' };
    this.#end(brokenError('the channel ended before its answer came', end.error));
    this.#stopInterrupts?.();
    await this.#leave();
    return end;
  }

  /** Takes what the channel gives until it ends. */
  async #read(): Promise<void> {
    for await (const message of this.#channel) {
      if (this.#closing !== undefined) continue;
      await this.#take(message);
      while (this.#isFull) await this.#server.room();
    }
  }

  /** The channel has ended, or only its iteration has: it is closed either way. */
  async #leave(): Promise<void> {
    try {
      await this.#channel.close();
      await this.#channel.closed;
    } catch {
      // How the channel ended is told by the iteration.
    }
  }

  #end(makeError: EndError): void {
    this.#caller.end(makeError);
    this.#server.end(new ClosedError('Cannot answer the call: the channel has ended'));
  }

  /**
   * Whether so many calls wait that nothing more is read. The answers to our own requests are read
   * nevertheless: the handlers may be waiting for them.
   */
  get #isFull(): boolean {
    const { maxWaiting } = this.#settings;
    const limit = this.#caller.isWaiting ? 2 * maxWaiting : maxWaiting;
    return this.#closing === undefined && this.#server.waiting >= limit;
  }

  async #take(message: unknown): Promise<void> {
    let value: unknown;
    try {
      value = parseMessage(message);
    } catch {
      // What is wrong with it is for the one who wrote it.
      this.#server.accept({ kind: 'fault', id: null, error: PARSE_ERROR }, this.#reply);
      return;
    }
    if (!Array.isArray(value)) {
      await this.#takeOne(value, this.#reply);
    } else if (value.length === 0 || value.length > this.#settings.maxWaiting) {
      const problem = `expected a batch of 1 to ${this.#settings.maxWaiting}, found ${value.length}`;
      this.#server.accept({ kind: 'fault', id: null, error: invalidRequest(problem) }, this.#reply);
    } else {
      await this.#takeBatch(value);
    }
  }

  /** Answers a batch as one, when the last of its calls has its answer; section 6. */
  async #takeBatch(values: readonly unknown[]): Promise<void> {
    const responses: string[] = [];
    let open = values.length;
    const reply: Reply = async (response) => {
      if (response !== undefined) responses.push(response);
      open -= 1;
      if (open === 0 && responses.length > 0) await this.#channel.send(`[${responses.join(',')}]`);
    };
    for (const value of values) {
      // oxlint-disable-next-line no-await-in-loop -- handlers start in the order of the calls
      await this.#takeOne(value, reply);
    }
  }

  async #takeOne(value: unknown, reply: Reply): Promise<void> {
    const message = readMessage(value);
    if (message.kind === 'fault') {
      this.#server.accept(message, reply);
    } else if (message.kind === 'answer') {
      this.#tellStray(this.#caller.take(message));
      await reply(undefined);
    } else if (this.#isCancellation(message)) {
      await reply(undefined);
    } else if (this.#server.has(message.id)) {
      this.#tellStray({ reason: 'duplicate-id', id: message.id });
      await reply(undefined);
    } else if (message.id !== undefined && this.#isBusy) {
      await this.#refuse(message.id, reply);
    } else {
      this.#server.accept(message, reply);
    }
  }

  readonly #reply: Reply = async (response) => {
    if (response !== undefined) await this.#channel.send(response);
  };

  /** Reading went on above the limit, for the sake of answers: a call that came with them has to wait outside. */
  get #isBusy(): boolean {
    return this.#caller.isWaiting && this.#server.waiting >= this.#settings.maxWaiting;
  }

  async #refuse(id: RpcId, reply: Reply): Promise<void> {
    try {
      await reply(writeJson({ jsonrpc: '2.0', id, error: BUSY }));
    } catch {
      // The channel has ended: the iteration tells.
    }
  }

  #isCancellation({ id, method, params }: ReadCall): boolean {
    const { cancellation } = this.#settings;
    if (cancellation === false || id !== undefined || method !== cancellation.method) return false;
    try {
      const cancelled = cancellation.idOf(params);
      if (cancelled !== undefined) this.#server.cancel(cancelled);
    } catch (error) {
      reportHookError('cancellation.idOf', error);
    }
    return true;
  }

  #tellStray(stray: RpcStray | undefined): void {
    if (stray === undefined) return;
    try {
      this.#settings.onStray?.(stray);
    } catch (error) {
      reportHookError('onStray', error);
    }
  }
}

const closedError: EndError = (method, sent) =>
  new ClosedError(`Cannot call ${JSON.stringify(method)}: the peer was closed`, { sent });
