import { isLinkspanError, type LinkspanError, reportHookError } from '@linkspan/core';
import type { CallAnswer } from './call-answer.ts';
import type { Child } from './child.ts';
import { exitFailure, garbageFailure, greetingFailure } from './errors.ts';
import {
  messageLine,
  type OutgoingCall,
  parseMessage,
  progressOf,
  type RpcId,
  type RpcMessage,
} from './json-rpc.ts';
import { lines } from './lines.ts';

/** What a process and its calls share. */
export interface CallProcessOptions {
  readonly maxMessageBytes: number;
  /** The message that takes a request back; `undefined` where none is to be sent. */
  readonly cancellation: (id: RpcId, method: string) => object | undefined;
  /** Called with what belongs to no call. */
  readonly onMessage: ((message: object) => void) | undefined;
}

/** A call that waits for its response. */
interface Waiting {
  readonly answer: CallAnswer;
  readonly progressToken: RpcId | undefined;
  isWritten: boolean;
}

/** One process that answers many calls at a time, and what becomes of them. */
export class CallProcess {
  readonly #child: Child;
  readonly #options: CallProcessOptions;
  readonly #onEnd: () => void;
  readonly #waiting = new Map<RpcId, Waiting>();
  #greeting: { readonly id: RpcId; readonly answered: (message: RpcMessage) => void } | undefined;
  /** Resolves when nothing more will come of it. Its calls have failed then. */
  readonly ended: Promise<LinkspanError>;

  /** @param onEnd called when it has ended, before its calls are told: they may try again at once. */
  constructor(child: Child, options: CallProcessOptions, onEnd: () => void) {
    this.#child = child;
    this.#options = options;
    this.#onEnd = onEnd;
    this.ended = this.#read();
  }

  /**
   * Says what a new process is to hear first; a request is answered before the next message.
   *
   * @throws the failure of the process, and TransportError for an answer that is an error.
   */
  async greet(messages: readonly object[]): Promise<void> {
    for (const message of messages) {
      const { id, method = '' } = message as RpcMessage;
      const answered = Promise.withResolvers<RpcMessage>();
      if (id !== undefined && id !== null) this.#greeting = { id, answered: answered.resolve };
      else answered.resolve({});
      // oxlint-disable-next-line no-await-in-loop -- one message after another
      await this.#child.write(messageLine(message));
      // oxlint-disable-next-line no-await-in-loop -- as above
      const answer = await Promise.race([answered.promise, this.ended.then(rethrow)]);
      if (answer.error === undefined) continue;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.#child.close();
      throw greetingFailure(method, JSON.stringify(answer.error));
    }
  }

  /** Whether a request with this id waits for its response. */
  has(id: RpcId): boolean {
    return this.#waiting.has(id);
  }

  /**
   * Writes a request as soon as there is room, and tells it then; what answers it comes to `answer`.
   * Leaving that takes the request back.
   *
   * @throws the failure of the process, where nothing can be written to it any more.
   */
  async call(
    { line, id, method = '', progressToken }: OutgoingCall,
    answer: CallAnswer,
    signal: AbortSignal,
    onWrite: () => void,
  ): Promise<void> {
    const waiting: Waiting = { answer, progressToken, isWritten: false };
    if (id !== undefined) {
      this.#waiting.set(id, waiting);
      answer.inbox.onOver(() => this.#leave(id, method));
    }
    const isWritten = await this.#child.write(line, signal, () => {
      waiting.isWritten = true;
      onWrite();
    });
    if (isWritten) return;
    signal.throwIfAborted();
    throw exitFailure(await this.#child.exit, 'send');
  }

  /** Reads to the end, and tells every call that is left then. */
  async #read(): Promise<LinkspanError> {
    let garbage: string | undefined;
    let breach: LinkspanError | undefined;
    try {
      for await (const line of lines(this.#child.output, this.#options.maxMessageBytes)) {
        if (this.#take(line)) continue;
        garbage = line;
        break;
      }
    } catch (error) {
      // A pipe that was destroyed says no more than that the process has ended.
      if (isLinkspanError(error)) breach = error;
    }
    if (garbage !== undefined || breach !== undefined) this.#child.kill();
    const exit = await this.#child.exit;
    const failure = (phase: 'headers' | 'body'): LinkspanError =>
      garbage === undefined ? (breach ?? exitFailure(exit, phase)) : garbageFailure(garbage, phase);
    this.#onEnd();
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { answer, isWritten } of calls) {
      answer.fail(isWritten ? failure(answer.phase) : exitFailure(exit, 'send'));
    }
    return failure('headers');
  }

  /** Brings a line to where it belongs. Gives `false` when it is no message. */
  #take(line: string): boolean {
    const message = parseMessage(line);
    if (message === undefined) return false;
    const { id, method } = message;
    if (method !== undefined) {
      const token = progressOf(message);
      const call = token === undefined ? undefined : this.#callOf(token);
      if (call !== undefined) call.answer.take(line, false);
      else this.#takeOther(message);
      return true;
    }
    // An error without an id is about something that could not be read: nobody knows whose it was.
    if (id === undefined || id === null) return false;
    if (this.#greeting?.id === id) {
      const { answered } = this.#greeting;
      this.#greeting = undefined;
      answered(message);
      return true;
    }
    const call = this.#waiting.get(id);
    // The response to a request that was taken back may come after all.
    this.#waiting.delete(id);
    call?.answer.take(line, true);
    return true;
  }

  #callOf(token: RpcId): Waiting | undefined {
    for (const call of this.#waiting.values()) if (call.progressToken === token) return call;
    return undefined;
  }

  /** What belongs to no call: the server's own requests, and news. */
  #takeOther(message: RpcMessage): void {
    const { onMessage } = this.#options;
    if (onMessage !== undefined) {
      try {
        onMessage(message);
      } catch (error) {
        reportHookError('onMessage', error);
      }
    } else if (message.id !== undefined && message.id !== null) {
      const error = { code: -32601, message: 'Method not found' };
      this.#child.offer(messageLine({ jsonrpc: '2.0', id: message.id, error }));
    }
  }

  /** Takes back a request that is still being worked on. */
  #leave(id: RpcId, method: string): void {
    const isWritten = this.#waiting.get(id)?.isWritten;
    this.#waiting.delete(id);
    if (isWritten !== true) return;
    const message = this.#options.cancellation(id, method);
    if (message !== undefined) this.#child.offer(messageLine(message));
  }
}

function rethrow(error: LinkspanError): never {
  throw error;
}
