/** A wait that an upstream asks for, in the header that its provider uses. */
export interface HintDetails {
  /** Written as `retry-after-ms` where the provider has it, else in whole seconds, rounded up. */
  readonly retryAfterMs?: number;
}

/** Where a stream is when it stumbles. */
export interface PlaceDetails {
  /**
   * How many events go before. An answer that is no stream stumbles in the middle of its body.
   *
   * @default half of the events; 0 has the head come alone
   */
  readonly afterEvents?: number;
}

/** Details of a stream that is cut. */
export interface CutDetails extends PlaceDetails {
  /**
   * `'end'`: the bytes end properly, as if there were no more to come. `'reset'`: the connection is
   * broken.
   *
   * @default 'end'
   */
  readonly how?: 'end' | 'reset';
}

/** Details of a page in the place of an answer. */
export interface PageDetails {
  /** @default 200 */
  readonly status?: number;
}

/** Nothing can be said about it; joined to other details it adds nothing. */
type NoDetails = unknown;

/** The ways in which an upstream fails on purpose, with what can be said about each. */
export interface StumbleDetails {
  /** 429 in the words of the provider, with its rate-limit headers. */
  readonly 'rate-limit': HintDetails;
  /** 503, or 529 of Anthropic. */
  readonly overloaded: HintDetails;
  /** 500. */
  readonly 'server-error': HintDetails;
  /** A limit that waiting does not cure, in the provider's words: 429, or 402. */
  readonly quota: NoDetails;
  /** The credentials are refused: 401, or 400 of Gemini. OpenAI repeats a part of the key. */
  readonly 'bad-key': NoDetails;
  /** The connection is reset before a byte of the answer. */
  readonly 'reset-before-head': NoDetails;
  /** The connection is reset behind the first bytes of the answer's head. */
  readonly 'reset-in-head': NoDetails;
  /** The request is taken, and nothing comes. */
  readonly 'no-answer': NoDetails;
  /** A page of something between in the place of the answer: a sign-in, a gateway. */
  readonly html: PageDetails;
  /** A JSON error of the provider with status 200. */
  readonly 'error-body': NoDetails;
  /** The stream ends before its terminator; an answer that is none breaks off in its body. */
  readonly 'cut-stream': CutDetails;
  /** The answer begins, and then there is silence until the client leaves. */
  readonly stall: PlaceDetails;
  /** The stream reports an error as its provider does; an answer that is none is an `error-body`. */
  readonly 'error-in-stream': PlaceDetails;
}

export type StumbleKind = keyof StumbleDetails;

/** One way of failing, as data. */
export type Stumble = {
  [Kind in StumbleKind]: { readonly kind: Kind } & StumbleDetails[Kind];
}[StumbleKind];
