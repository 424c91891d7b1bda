import { writeJson } from '../codec/json-codec.ts';
import { RpcError } from '../errors/rpc-error.ts';
import { MessageError } from '../errors/transport-error.ts';
import { reportHookError, warn } from '../middleware/report-hook-error.ts';
import {
  INTERNAL_ERROR,
  METHOD_NOT_FOUND,
  type ReadCall,
  type ReadFault,
  type RpcErrorObject,
  type RpcId,
  type RpcResponse,
} from './rpc-message.ts';
import type { RpcHandlerContext, RpcSettings } from './rpc-options.ts';

/** Where an answer goes, as text; `undefined` when there is none. */
export type Reply = (response: string | undefined) => Promise<void>;

/** One call of the peer, until its answer is accepted. */
interface Work {
  readonly call: ReadCall | ReadFault;
  readonly controller: AbortController;
  readonly reply: Reply;
}

/**
 * Runs the handlers for the calls of the peer: in the order of the calls, a limited number at a time.
 * A place is held until the channel has accepted the answer, so that a peer that reads no answers
 * gets no more handlers to run.
 */
export class RpcServer {
  readonly #settings: RpcSettings;
  readonly #underWay = new Set<Work>();
  readonly #byId = new Map<RpcId, Work>();
  #waiting: Work[] = [];
  #running = 0;
  #onRoom: (() => void) | undefined;
  #isEnded = false;

  constructor(settings: RpcSettings) {
    this.#settings = settings;
  }

  /** How many calls wait for a handler. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether a call has the id of one that is under way. */
  has(id: RpcId | undefined): boolean {
    return id !== undefined && this.#byId.has(id);
  }

  /** Takes a call, or what is to be answered as none. */
  accept(call: ReadCall | ReadFault, reply: Reply): void {
    const work: Work = { call, controller: new AbortController(), reply };
    this.#underWay.add(work);
    if (call.kind === 'call' && call.id !== undefined && call.id !== null) {
      this.#byId.set(call.id, work);
    }
    this.#waiting.push(work);
    this.#startNext();
  }

  /** Aborts the signal of a call that is under way: the peer no longer wants its answer. */
  cancel(id: RpcId): void {
    const reason = new DOMException('The peer cancelled the call', 'AbortError');
    this.#byId.get(id)?.controller.abort(reason);
  }

  /** Resolves the next time that a call leaves the waiting ones, or at `wake()`. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Lets the one who waits for room look again. */
  wake(): void {
    this.#onRoom?.();
  }

  /** Drops what waits, and aborts what runs. */
  end(reason: unknown): void {
    this.#isEnded = true;
    this.#waiting = [];
    for (const { controller } of this.#underWay) controller.abort(reason);
    this.#underWay.clear();
    this.#byId.clear();
    this.wake();
  }

  #startNext(): void {
    while (this.#running < this.#settings.maxHandlers) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      this.#running += 1;
      void this.#run(work);
      this.wake();
    }
  }

  async #run(work: Work): Promise<void> {
    const response = await this.#answer(work);
    this.#forget(work);
    await this.#reply(work, response);
    this.#running -= 1;
    this.#startNext();
  }

  #forget(work: Work): void {
    const { id } = work.call;
    this.#underWay.delete(work);
    if (id !== undefined && this.#byId.get(id) === work) this.#byId.delete(id);
  }

  async #reply({ call, controller, reply }: Work, response: string | undefined): Promise<void> {
    if (this.#isEnded) return;
    try {
      await reply(response);
    } catch (error) {
      // Any other failure is that of the channel, which has ended: everybody is told of that.
      if (!(error instanceof MessageError) || call.kind === 'fault') return;
      const { id, method } = call;
      this.#tell(error, { signal: controller.signal, method, id });
      // What is left of it: the peer does not wait in vain. It is small, and fails only as above.
      await reply(writeError(id, INTERNAL_ERROR)).catch(() => {});
    }
  }

  async #answer({ call, controller }: Work): Promise<string | undefined> {
    if (call.kind === 'fault') return writeError(call.id, call.error);
    const { id, method } = call;
    const { signal } = controller;
    try {
      signal.throwIfAborted();
      const result = await this.#handle(call, { signal, method, id });
      const isUnwanted = signal.aborted && this.#cancelled === undefined;
      return id === undefined || isUnwanted
        ? undefined
        : write({ jsonrpc: '2.0', id, result: result ?? null });
    } catch (thrown) {
      if (!signal.aborted) return this.#answerError(thrown, { signal, method, id });
      return this.#cancelled === undefined ? undefined : writeError(id, this.#cancelled);
    }
  }

  /** Calls the handler, at once: handlers start in the order of the calls. */
  #handle({ method, params, id }: ReadCall, context: RpcHandlerContext): unknown {
    const { methods, onNotification } = this.#settings;
    if (Object.hasOwn(methods, method)) return methods[method]?.(params as never, context);
    if (id === undefined) return onNotification?.(method, params, context);
    throw new RpcError(METHOD_NOT_FOUND.message, { rpcCode: METHOD_NOT_FOUND.code });
  }

  /** What a call that was cancelled is answered with. */
  get #cancelled(): RpcErrorObject | undefined {
    const { cancellation } = this.#settings;
    return cancellation === false ? undefined : cancellation.answer;
  }

  /**
   * The answer for what a handler threw. Its own `RpcError` is for the peer; any other error, also
   * one that another peer answered to the handler, may hold what the peer must not see.
   */
  #answerError(thrown: unknown, context: RpcHandlerContext): string | undefined {
    if (!(thrown instanceof RpcError) || thrown.method !== undefined) {
      this.#tell(thrown, context);
      return writeError(context.id, INTERNAL_ERROR);
    }
    const { rpcCode, message, data } = thrown;
    try {
      return writeError(context.id, { code: rpcCode, message, data });
    } catch (error) {
      this.#tell(error, context);
      return writeError(context.id, { code: rpcCode, message });
    }
  }

  #tell(error: unknown, context: RpcHandlerContext): void {
    const { onError } = this.#settings;
    if (onError === undefined) {
      warn('LinkspanRpcWarning', `The handler of ${JSON.stringify(context.method)} failed`, error);
      return;
    }
    try {
      onError(error, context);
    } catch (failure) {
      reportHookError('onError', failure);
    }
  }
}

function writeError(id: RpcId | undefined, error: RpcErrorObject): string | undefined {
  return id === undefined ? undefined : write({ jsonrpc: '2.0', id, error });
}

function write(response: RpcResponse): string {
  return writeJson(response);
}
