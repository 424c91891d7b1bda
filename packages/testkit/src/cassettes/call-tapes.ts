import type { CallContext, Send, TransportRequest, TransportResponse } from '@linkspan/core';
import { BodyTape } from './body-tape.ts';
import {
  type Cassette,
  CASSETTE_VERSION,
  type Exchange,
  type RecordedChunk,
  type RecordedEnd,
  type RecordedResult,
} from './cassette.ts';
import { PayloadTape } from './payload-tape.ts';
import { recordChunks } from './recorded-bytes.ts';
import { recordFailure } from './recorded-failure.ts';
import { recordRequest, secretsOfRequest } from './recorded-request.ts';
import type { RecordingSettings } from './recording-options.ts';
import { Redaction } from './redaction.ts';

/** The calls that were listened to, in the order in which they were begun. */
export class CallTapes {
  readonly #settings: RecordingSettings;
  readonly #tapes: CallTape[] = [];

  constructor(settings: RecordingSettings) {
    this.#settings = settings;
  }

  /** Sends as the other does, and listens. */
  listen(next: Send): Send {
    return async (request, context) => {
      const tape = new CallTape(request, context, this.#settings);
      this.#tapes.push(tape);
      return await tape.run((listened) => next(listened, context));
    };
  }

  /** What came of each call up to now, without its secrets. */
  cassette({ name, capabilities }: Cassette['transport']): Cassette {
    return {
      format: 'linkspan-cassette',
      version: CASSETTE_VERSION,
      transport: { name, capabilities: { ...capabilities } },
      exchanges: this.#tapes.map((tape) => tape.exchange()),
    };
  }
}

/** One call: what was asked, and what came. */
class CallTape {
  readonly #request: TransportRequest;
  readonly #context: CallContext;
  readonly #settings: RecordingSettings;
  readonly #payload: PayloadTape | undefined;
  readonly #startedAt: number;
  #settledAt = 0;
  #response: TransportResponse | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #body: BodyTape;

  constructor(request: TransportRequest, context: CallContext, settings: RecordingSettings) {
    const { payload } = request;
    const { maxBodyBytes } = settings;
    this.#request = request;
    this.#context = context;
    this.#settings = settings;
    this.#startedAt = this.#now();
    this.#payload = payload === undefined ? undefined : new PayloadTape(payload, maxBodyBytes);
    this.#body = new BodyTape({
      maxBodyBytes,
      now: () => this.#now(),
      isLeft: (error) => this.#isLeft(error),
    });
  }

  async run(
    send: (request: TransportRequest) => Promise<TransportResponse>,
  ): Promise<TransportResponse> {
    const { payload } = this.#request;
    const listened =
      payload === undefined || this.#payload === undefined
        ? this.#request
        : { ...this.#request, payload: this.#payload.listen(payload) };
    try {
      const response = await send(listened);
      this.#response = response;
      return { ...response, body: this.#body.listen(response.body) };
    } catch (error) {
      if (!this.#isLeft(error)) this.#failure = { error };
      throw error;
    } finally {
      this.#settledAt = this.#now();
    }
  }

  exchange(): Exchange {
    const secrets = [...secretsOfRequest(this.#request), ...(this.#response?.secrets ?? [])];
    const redaction = new Redaction(this.#settings, secrets);
    return {
      request: recordRequest(this.#request, this.#payload, redaction),
      result: this.#result(redaction),
    };
  }

  #result(redaction: Redaction): RecordedResult {
    const afterMs = this.#settings.timing && { afterMs: this.#settledAt - this.#startedAt };
    if (this.#failure !== undefined) {
      const error = recordFailure(this.#failure.error, redaction);
      return { kind: 'failure', error, ...afterMs };
    }
    if (this.#response === undefined) return { kind: 'unanswered' };
    const { status, headers } = this.#response;
    return {
      kind: 'answer',
      ...(status !== undefined && { status }),
      headers: redaction.headers(headers),
      ...afterMs,
      chunks: this.#chunks(redaction),
      end: this.#end(redaction),
    };
  }

  #chunks(redaction: Redaction): readonly RecordedChunk[] {
    const taped = this.#body.chunks;
    const runs = recordChunks(
      taped.map(({ bytes }) => bytes),
      (text) => redaction.text(text, 'body'),
    );
    let index = 0;
    let previous = this.#settledAt;
    return runs.map(({ size, bytes }) => {
      index += size;
      // A run came when its last chunk had come.
      const at = taped[index - 1]?.at ?? previous;
      const afterMs = at - previous;
      previous = at;
      return { ...bytes, ...(this.#settings.timing && { afterMs }) };
    });
  }

  #end(redaction: Redaction): RecordedEnd {
    const { truncated, end } = this.#body;
    if (truncated) return { how: 'truncated', maxBodyBytes: this.#settings.maxBodyBytes };
    if (end.how !== 'failed') return { how: end.how };
    return { how: 'failed', error: recordFailure(end.error, redaction) };
  }

  #isLeft(error: unknown): boolean {
    const { signal } = this.#context;
    return signal?.aborted === true && Object.is(error, signal.reason);
  }

  #now(): number {
    return this.#context.deadline.clock.now();
  }
}
