import {
  type CallContext,
  isSecretHeader,
  parseSettings,
  setting,
  type SettingsTable,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
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
import { type RedactHook, Redaction, type RedactionSettings } from './redaction.ts';

/** What a {@link recordingTransport} keeps. */
export interface RecordingOptions {
  /**
   * How many bytes of one body, or of one payload, are kept. What comes after is handed on, and not
   * recorded. @default 16 MiB
   */
  readonly maxBodyBytes?: number | undefined;
  /** Whether it is recorded how long heads and chunks took. @default false */
  readonly timing?: boolean | undefined;
  /**
   * Headers whose values are kept beside those that are known to be harmless, in lower case. One
   * whose name says that it carries a credential is refused. @default none
   */
  readonly keepHeaders?: readonly string[] | undefined;
  /**
   * Takes out of a text what only you know to be secret. It sees targets, values of headers,
   * payloads, bodies and messages, after what looks like a credential was taken out.
   *
   * @default nothing more
   */
  readonly redact?: RedactHook | undefined;
}

interface RecordingSettings extends RedactionSettings {
  readonly maxBodyBytes: number;
  readonly timing: boolean;
}

/** The settings of recording and replaying that have to be the same for both. */
export const redactionSettings: SettingsTable<
  RedactionSettings & { readonly maxBodyBytes: number },
  Pick<RecordingOptions, 'keepHeaders' | 'redact' | 'maxBodyBytes'>
> = {
  maxBodyBytes: setting.integer({ default: 16 * 1024 * 1024, min: 0, orInfinity: true }),
  keepHeaders: setting.list(
    setting.custom<string>({
      expected: 'the name of a header, in lower case, that carries no credential',
      check: (value) =>
        typeof value === 'string' && value === value.toLowerCase() && !isSecretHeader(value)
          ? value
          : undefined,
    }),
    { default: [], env: false },
  ),
  redact: setting.callback<RedactHook>({ optional: true }),
};

const recordingSettings: SettingsTable<RecordingSettings, RecordingOptions> = {
  ...redactionSettings,
  timing: setting.boolean({ default: false }),
};

/** A transport that listens to another. */
export interface RecordingTransport<Init = TransportRequest> extends Transport<Uint8Array, Init> {
  /**
   * What was recorded up to now, without its secrets. A body that is still being read counts as
   * left where it is.
   */
  cassette(): Cassette;
}

/**
 * Records the calls that another transport makes: requests, heads, chunks of bodies, how each body
 * ended, and failures with their facts. To its caller it is that transport: same name, same
 * capabilities, same answers and errors, and it reads nothing that is not asked for.
 *
 * Secrets are taken out when the cassette is taken: the values of all headers but the harmless
 * ones, userinfo and secret values of URLs, what looks like a credential in payloads, bodies and
 * messages, and what the request's own secret headers say wherever it appears.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function recordingTransport<Init = TransportRequest>(
  inner: Transport<Uint8Array, Init>,
  options: RecordingOptions = {},
): RecordingTransport<Init> {
  const settings = parseSettings('recordingTransport()', recordingSettings, options);
  const tapes: CallTape[] = [];

  async function send(request: TransportRequest, context: CallContext): Promise<TransportResponse> {
    const tape = new CallTape(request, context, settings);
    tapes.push(tape);
    return await tape.run((listened) => inner.send(listened, context));
  }

  return {
    name: inner.name,
    capabilities: inner.capabilities,
    connect: (context) => inner.connect(context),
    send,
    ...(inner.prepare !== undefined && { prepare: (init: Init) => inner.prepare!(init) }),
    ...(inner.probe !== undefined && { probe: (context: CallContext) => inner.probe!(context) }),
    close: (closing) => inner.close(closing),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    cassette: () => ({
      format: 'linkspan-cassette',
      version: CASSETTE_VERSION,
      transport: { name: inner.name, capabilities: { ...inner.capabilities } },
      exchanges: tapes.map((tape) => tape.exchange()),
    }),
  };
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
    return signal?.aborted === true && error === signal.reason;
  }

  #now(): number {
    return this.#context.deadline.clock.now();
  }
}
