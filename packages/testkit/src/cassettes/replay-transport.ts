import { type Clock, sleep } from '@linkspan/concurrency';
import {
  type MemoryAnswer,
  type MemoryCall,
  memoryTransport,
  parseSettings,
  setting,
  type SettingsTable,
  type Transport,
  TransportError,
  type TransportRequest,
} from '@linkspan/core';
import {
  type Cassette,
  type Exchange,
  type RecordedAnswer,
  type RecordedRequest,
} from './cassette.ts';
import { parseCassette } from './parse-cassette.ts';
import { differencesOf, likeness } from './differences.ts';
import { PayloadReader } from './payload-reader.ts';
import { PayloadTape } from './payload-tape.ts';
import { playFailure } from './recorded-failure.ts';
import { recordRequest, sameRequest, secretsOfRequest } from './recorded-request.ts';
import { type RecordingOptions, redactionSettings } from './recording-options.ts';
import { Redaction, type RedactionSettings } from './redaction.ts';
import { replayedBody } from './replayed-body.ts';

/** Whether a request is the one that was recorded. Both are without their secrets. */
export type MatchRequest = (asked: RecordedRequest, recorded: RecordedRequest) => boolean;

/** How a {@link replayTransport} plays. `redact` and `keepHeaders` are those of the recording. */
export interface ReplayOptions extends Pick<
  RecordingOptions,
  'keepHeaders' | 'redact' | 'maxBodyBytes'
> {
  /** @default operation, target and payload are the same */
  readonly match?: MatchRequest | undefined;
  /** Whether the recorded times pass, on the clock of each call. @default false */
  readonly timing?: boolean | undefined;
}

interface ReplaySettings extends RedactionSettings {
  readonly maxBodyBytes: number;
  readonly match: MatchRequest;
  readonly timing: boolean;
}

const replaySettings: SettingsTable<ReplaySettings, ReplayOptions> = {
  ...redactionSettings,
  match: setting.callback<MatchRequest>({ default: sameRequest }),
  timing: setting.boolean({ default: false }),
};

/** A transport that plays a cassette. */
export interface ReplayTransport extends Transport {
  /** What was recorded and has not been asked for; empty when a test asked for everything. */
  readonly left: readonly RecordedRequest[];
}

/**
 * Answers from a cassette, without a wire. Each exchange is played once, the first one that matches
 * first; the answers come chunk by chunk, and what failed when it was recorded fails again, with
 * the same class and facts: a stream that was cut stays cut. Calls may be made at the same time.
 *
 * A request that matches nothing that is left fails with a `TransportError` of the code
 * `'unexpected_request'`, which tells the nearest recorded request and how it differs.
 *
 * @throws ConfigurationError when an option is wrong, or the cassette is none.
 */
export function replayTransport(cassette: Cassette, options: ReplayOptions = {}): ReplayTransport {
  const settings = parseSettings('replayTransport()', replaySettings, options);
  const { transport, exchanges } = parseCassette(cassette, 'replayTransport()');
  const player = new Player(exchanges, settings, transport.capabilities.duplex);
  const memory = memoryTransport((request, call) => player.answer(request, call), transport);
  return {
    name: memory.name,
    capabilities: memory.capabilities,
    connect: () => memory.connect(),
    send: memory.send,
    close: (closing) => memory.close(closing),
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
    get left() {
      return player.left;
    },
  };
}

class Player {
  readonly #exchanges: readonly Exchange[];
  readonly #settings: ReplaySettings;
  readonly #isDuplex: boolean;
  readonly #played = new Set<Exchange>();

  constructor(exchanges: readonly Exchange[], settings: ReplaySettings, isDuplex: boolean) {
    this.#exchanges = exchanges;
    this.#settings = settings;
    this.#isDuplex = isDuplex;
  }

  get left(): readonly RecordedRequest[] {
    return this.#unplayed().map(({ request }) => request);
  }

  async answer(request: TransportRequest, { signal, context }: MemoryCall): Promise<MemoryAnswer> {
    const { payload } = request;
    const tape = payload && new PayloadTape(payload, this.#settings.maxBodyBytes);
    const reader = payload && tape && PayloadReader.of(tape.listen(payload), signal);
    // A conversation goes on while it is answered; what it will say is not known yet.
    const isConversation = this.#isDuplex && payload?.kind === 'stream';
    if (!isConversation) await reader?.done;
    const redaction = new Redaction(this.#settings, secretsOfRequest(request));
    const asked = recordRequest(request, isConversation ? undefined : tape, redaction);
    const { result } = this.#take(asked, isConversation);
    const clock = this.#settings.timing ? context.deadline.clock : undefined;
    switch (result.kind) {
      case 'unanswered':
        return await silence(signal);
      case 'failure':
        await wait(result.afterMs, signal, clock);
        throw playFailure(result.error);
      case 'answer':
        await wait(result.afterMs, signal, clock);
        return answerOf(result, clock, isConversation ? reader : undefined);
    }
  }

  /** The first exchange that matches. From here to the end nothing waits: no two calls get the same. */
  #take(asked: RecordedRequest, isConversation: boolean): Exchange {
    const { match } = this.#settings;
    const exchange = this.#unplayed().find(({ request: { payload, ...recorded } }) =>
      match(asked, isConversation || payload === undefined ? recorded : { ...recorded, payload }),
    );
    if (exchange === undefined) throw this.#unexpected(asked);
    this.#played.add(exchange);
    return exchange;
  }

  #unplayed(): readonly Exchange[] {
    return this.#exchanges.filter((exchange) => !this.#played.has(exchange));
  }

  #unexpected(asked: RecordedRequest): TransportError {
    return new TransportError(
      `Cannot replay ${asked.operation} ${asked.target}: ${this.#describeNearest(asked)}`,
      { code: 'unexpected_request', phase: 'send', sent: 'no' },
    );
  }

  #describeNearest(asked: RecordedRequest): string {
    const score = ({ request }: Exchange): number => likeness(asked, request);
    const nearest = this.#exchanges.reduce<Exchange | undefined>(
      (best, exchange) => (best === undefined || score(exchange) > score(best) ? exchange : best),
      undefined,
    );
    if (nearest === undefined) return 'nothing was recorded';
    const { operation, target } = nearest.request;
    const name = `exchange ${this.#exchanges.indexOf(nearest) + 1} (${operation} ${target})`;
    const differences = differencesOf(asked, nearest.request);
    const state = [
      ...differences,
      ...(this.#played.has(nearest) ? ['it was played already'] : []),
    ].join('; ');
    return `it was not recorded, or not so often; the nearest is ${name}: ${state === '' ? 'the match refuses it' : state}`;
  }
}

function answerOf(
  answer: RecordedAnswer,
  clock: Clock | undefined,
  conversation: PayloadReader | undefined,
): MemoryAnswer {
  const { status, headers, chunks, end } = answer;
  const isEmpty = chunks.length === 0 && end.how === 'complete' && conversation === undefined;
  const body = replayedBody(answer, { clock, conversation });
  return { ...(status !== undefined && { status }), headers, ...(!isEmpty && { body }) };
}

async function wait(
  afterMs: number | undefined,
  signal: AbortSignal,
  clock: Clock | undefined,
): Promise<void> {
  if (clock !== undefined && afterMs !== undefined) await sleep(afterMs, signal, clock);
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
