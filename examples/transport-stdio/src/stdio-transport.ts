import { systemClock, type TimerHandle } from '@linkspan/concurrency';
import {
  type CallContext,
  ClosedError,
  createBody,
  HeadRace,
  OpenCalls,
  parseSettings,
  type Payload,
  type Phase,
  type Sent,
  setting,
  type SettingsTable,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { CallAnswer } from './call-answer.ts';
import { CallProcess, type CallProcessOptions } from './call-process.ts';
import { Child, type Command } from './child.ts';
import { Conversation } from './conversation.ts';
import { startTimeout, unwritable } from './errors.ts';
import { encodeCall, type RpcId } from './json-rpc.ts';

/** Which program answers, and how its process is kept. */
export interface StdioOptions {
  readonly command: string;
  /** @default none */
  readonly args?: readonly string[] | undefined;
  /** The folder that it runs in. @default our own */
  readonly cwd?: string | undefined;
  /**
   * Its environment, beside what any program needs (`PATH`, `HOME` and the like). Nothing else of
   * ours is handed on, and no error shows these values. @default none
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * Messages that each new process hears before anything else, one after another, requests answered:
   * `initialize` and `notifications/initialized` of MCP. @default none
   */
  readonly greeting?: readonly object[] | undefined;
  /** Takes what belongs to no call: requests and notifications of the process. @default none: requests are refused */
  readonly onMessage?: ((message: object) => void) | undefined;
  /**
   * The message that takes a request back whose caller has left.
   *
   * @default MCP's `notifications/cancelled`, and none for `initialize`
   */
  readonly cancellation?: ((id: RpcId, method: string) => object | undefined) | undefined;
  /** How long a new process may take to answer its greeting. @default 10,000 */
  readonly connectMs?: number | undefined;
  /** How long it may take to end when its input is closed, and again at SIGTERM. @default 2,000 */
  readonly graceMs?: number | undefined;
  /** How many bytes may wait for the reader of one call. @default 8 MiB */
  readonly maxPendingBytes?: number | undefined;
  /** How many bytes one message of the process may have. @default 16 MiB */
  readonly maxMessageBytes?: number | undefined;
}

/** {@link StdioOptions}, checked and with defaults. */
interface StdioSettings extends Command, CallProcessOptions {
  readonly greeting: readonly object[];
  readonly connectMs: number;
  readonly maxPendingBytes: number;
}

const message = setting.custom<object>({
  expected: 'an object',
  check: (value) => (typeof value === 'object' && value !== null ? value : undefined),
});

/** The table of {@link StdioOptions}. */
export const stdioSettings: SettingsTable<StdioSettings, StdioOptions> = {
  command: setting.string(),
  args: setting.list(setting.string(), { default: [] }),
  cwd: setting.string({ optional: true }),
  env: setting.record(setting.string(), { default: {} }),
  greeting: setting.list(message, { default: [] }),
  onMessage: setting.callback<(message: object) => void>({ optional: true }),
  cancellation: setting.callback<(id: RpcId, method: string) => object | undefined>({
    default: (requestId, method) =>
      method === 'initialize'
        ? undefined
        : { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } },
  }),
  connectMs: setting.durationMs({ default: 10_000, min: 1 }),
  graceMs: setting.durationMs({ default: 2_000, min: 1 }),
  maxPendingBytes: setting.integer({ default: 8 * 1024 * 1024, min: 1 }),
  maxMessageBytes: setting.integer({ default: 16 * 1024 * 1024, min: 1 }),
};

/**
 * A transport for a child process that speaks JSON-RPC 2.0 on lines, as servers of MCP do
 * (https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio).
 *
 * - A request carries one message. Requests share one process, which the first of them starts; the
 *   answer is what Streamable HTTP would carry: the response, or for a stream an event for each
 *   notification about its progress, and then the response.
 * - A payload that is a stream has a process of its own: one message a line goes in, one comes back.
 *   With the operation `'open'` that begins at once, for a channel; with any other, the process has
 *   to say something first.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function stdioTransport(options: StdioOptions): Transport {
  return new StdioTransport(parseSettings('stdioTransport()', stdioSettings, options));
}

class StdioTransport implements Transport {
  readonly name = 'stdio';
  readonly capabilities = {
    streaming: true,
    upload: true,
    duplex: true,
    status: false,
    backpressure: false,
    sharedWire: true,
  };
  readonly #settings: StdioSettings;
  /** What ends each call that is under way. */
  readonly #open = new OpenCalls<() => void>();
  /** Every process that has not ended. */
  readonly #children = new Set<Child>();
  readonly #starting = new Set<Promise<Child>>();
  #shared: Promise<CallProcess> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: StdioSettings) {
    this.#settings = settings;
  }

  /** Starts nothing: a channel has a process of its own, and calls start the one that they share. */
  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw closedError('no');
  }

  readonly send = async (
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    if (this.#closing !== undefined) throw closedError('no');
    const { payload } = request;
    const isStreamed = payload?.kind === 'factory' || payload?.kind === 'stream';
    const place: Place = { phase: 'connect', sent: 'no' };
    const race = new HeadRace<TransportResponse>(context, place);
    const end = (): void => race.fail(closedError(place.sent));
    this.#open.add(end);
    try {
      return await (isStreamed
        ? this.#converse(request.operation, payload, context, race, place)
        : this.#call(request, context, race, place));
    } finally {
      this.#open.delete(end);
    }
  };

  close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** One message to the process that calls share. */
  async #call(
    request: TransportRequest,
    context: CallContext,
    race: HeadRace<TransportResponse>,
    place: Place,
  ): Promise<TransportResponse> {
    const call = encodeCall(request);
    const answer = new CallAnswer(context.streaming, this.#settings.maxPendingBytes);
    try {
      return await race.run(async ({ signal }) => {
        const process = await this.#process();
        // Nothing was written so far, and nothing is, when the race was lost meanwhile.
        signal.throwIfAborted();
        if (call.id !== undefined && process.has(call.id)) {
          throw unwritable(`a request with the id ${JSON.stringify(call.id)} is under way`);
        }
        place.phase = 'send';
        await process.call(call, answer, signal, () => {
          Object.assign(place, { phase: 'headers', sent: 'maybe' });
        });
        if (call.id === undefined) return { headers: {}, body: createBody([], context) };
        const headers = await answer.head;
        signal.throwIfAborted();
        return this.#respond(headers, answer.inbox, context, () => {});
      });
    } catch (error) {
      await answer.inbox.return();
      throw error;
    }
  }

  /** A payload that is a stream, to a process of its own. */
  async #converse(
    operation: string,
    payload: Extract<Payload, { readonly kind: 'factory' | 'stream' }>,
    context: CallContext,
    race: HeadRace<TransportResponse>,
    place: Place,
  ): Promise<TransportResponse> {
    let conversation: Conversation | undefined;
    try {
      return await race.run(async ({ signal }) => {
        const child = await this.#start();
        if (signal.aborted) child.kill();
        signal.throwIfAborted();
        Object.assign(place, { phase: 'headers', sent: 'maybe' });
        conversation = new Conversation(child, payload, this.#settings.maxMessageBytes);
        const messages = conversation.messages();
        const first = operation === 'open' ? undefined : await messages.next();
        signal.throwIfAborted();
        const body = first === undefined ? messages : withFirst(first, messages);
        const headers = { 'content-type': 'application/x-ndjson' };
        return this.#respond(headers, body, context, () => conversation?.leave());
      });
    } catch (error) {
      conversation?.leave();
      throw error;
    }
  }

  #respond(
    headers: TransportResponse['headers'],
    chunks: AsyncIterable<Uint8Array>,
    context: CallContext,
    leave: () => void,
  ): TransportResponse {
    const body = createBody(chunks, context);
    const end = (): void => body.fail(closedError('yes'));
    this.#open.add(end);
    body.onClose(() => {
      leave();
      this.#open.delete(end);
    });
    return { headers, body };
  }

  /** The process that calls share, greeted. It is started unless there is one. */
  #process(): Promise<CallProcess> {
    this.#shared ??= this.#startShared();
    return this.#shared;
  }

  async #startShared(): Promise<CallProcess> {
    const { connectMs, greeting } = this.#settings;
    const forget = (): void => void (this.#shared = undefined);
    let isLate = false;
    let timer: TimerHandle | undefined;
    try {
      const child = await this.#start();
      timer = systemClock.setTimeout(() => {
        isLate = true;
        child.kill();
      }, connectMs);
      const process = new CallProcess(child, this.#settings, forget);
      await process.greet(greeting);
      return process;
    } catch (error) {
      forget();
      throw isLate ? startTimeout(connectMs) : error;
    } finally {
      if (timer !== undefined) systemClock.clearTimeout(timer);
    }
  }

  async #start(): Promise<Child> {
    const starting = Child.start(this.#settings);
    this.#starting.add(starting);
    try {
      const child = await starting;
      this.#children.add(child);
      void child.exit.then(() => this.#children.delete(child));
      return child;
    } finally {
      this.#starting.delete(starting);
    }
  }

  async #close(drainMs: number): Promise<void> {
    await this.#open.drained(drainMs, systemClock);
    for (const end of this.#open) end();
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#children].map((child) => child.close()));
  }
}

/** How far a call is: what its clocks, and `close`, tell when they end it. */
interface Place {
  phase: Phase;
  sent: Sent;
}

/** A body whose first message was read already. */
async function* withFirst(
  first: IteratorResult<Uint8Array, undefined>,
  rest: AsyncGenerator<Uint8Array, undefined>,
): AsyncGenerator<Uint8Array, undefined> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function closedError(sent: Sent): ClosedError {
  const facts = { sent, transport: 'stdio' };
  return new ClosedError('Cannot get an answer: the stdio transport is closed', facts);
}
