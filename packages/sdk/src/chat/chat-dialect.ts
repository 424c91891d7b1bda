import {
  type DecodeLimits,
  type Dialect,
  type FrameDecoder,
  type LinkspanError,
  type Reading,
  readRequestId,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import { ChatAnswer } from './chat-answer.ts';
import type { ChatEvent } from './chat-event.ts';
import type { ReasoningPart } from './chat-message.ts';
import type { ChatResponse } from './chat-response.ts';

/** Turns the events of one stream of a provider into those of a chat. */
export interface ChatTranslation<Event> {
  /** What an event says: nothing, or several things. */
  read(event: Event): readonly ChatEvent[];
  /** The provider's name for the answer, as soon as it is known; `''` before. */
  readonly id: string;
  /** The model that answers, as soon as it is known; `''` before. */
  readonly model: string;
  /** The thoughts in the form in which the provider wants them back. */
  readonly reasoningParts?: readonly ReasoningPart[];
}

/** What one frame of a provider says about a chat, and who translated it. */
export interface ChatFrame {
  readonly reading: Reading<ChatEvent>;
  readonly translation: ChatTranslation<never>;
}

/**
 * A dialect whose events are those of a chat, made of a provider's own: what ends a stream, and
 * what an error in it looks like, stays as that says.
 *
 * @param translate makes the translation of one stream.
 */
export function chatDialect<Event, Result, Frame>(
  dialect: Dialect<Event, Result, Frame>,
  translate: () => ChatTranslation<Event>,
): Dialect<ChatEvent, ChatResponse, ChatFrame> {
  const { name, accept, contentTypes, endsAtEof } = dialect;
  return {
    name,
    accept,
    contentTypes,
    ...(endsAtEof !== undefined && { endsAtEof }),
    classifyError: (body, head) => dialect.classifyError?.(body, head),
    decode: (limits, head) => new ChatDecoder(dialect, translate(), limits, head),
    read: (head) => new ChatReader(head),
  };
}

const NOTHING: readonly ChatEvent[] = [];
const NO_HEAD: StreamHead = { status: undefined, contentType: undefined, headers: {}, secrets: [] };

/**
 * Reads the provider's frames as it decodes them: one of them may say several things, of which each
 * has to be a frame here.
 */
class ChatDecoder<Event, Frame> implements FrameDecoder<ChatFrame> {
  readonly #decoder: FrameDecoder<Frame>;
  readonly #reader: StreamReader<Frame, Event, unknown>;
  readonly #translation: ChatTranslation<Event>;

  constructor(
    dialect: Dialect<Event, unknown, Frame>,
    translation: ChatTranslation<Event>,
    limits: DecodeLimits | undefined,
    head: StreamHead = NO_HEAD,
  ) {
    this.#decoder = dialect.decode(limits, head);
    this.#reader = dialect.read(head);
    this.#translation = translation;
  }

  get failure(): LinkspanError | undefined {
    return this.#decoder.failure;
  }

  push(bytes: Uint8Array): ChatFrame[] {
    return this.#translate(this.#decoder.push(bytes));
  }

  end(): ChatFrame[] {
    return this.#translate(this.#decoder.end());
  }

  #translate(frames: readonly Frame[]): ChatFrame[] {
    const translation = this.#translation;
    const translated: ChatFrame[] = [];
    for (const frame of frames) {
      const reading = this.#reader.read(frame);
      const events = reading.event === undefined ? NOTHING : translation.read(reading.event);
      for (let index = 0; index < events.length - 1; index += 1) {
        translated.push({ reading: { event: events[index]! }, translation });
      }
      // How the stream stands is known behind the last thing that the frame says.
      translated.push({ reading: saying(events.at(-1), reading), translation });
    }
    return translated;
  }
}

/** A reading that says this in the place of what the provider says. */
function saying(event: ChatEvent | undefined, reading: Reading<unknown>): Reading<ChatEvent> {
  const { terminal, error, progress } = reading;
  // Most are of this kind, and copying the others costs time.
  if (event !== undefined && terminal === undefined && error === undefined) {
    return { event, progress: progress ?? true };
  }
  const { event: _ofProvider, ...facts } = reading;
  return event === undefined ? facts : { ...facts, event };
}

class ChatReader implements StreamReader<ChatFrame, ChatEvent, ChatResponse> {
  readonly #requestId: string | undefined;
  readonly #answer = new ChatAnswer();
  #translation: ChatTranslation<never> | undefined;

  constructor(head: StreamHead) {
    this.#requestId = readRequestId(head.headers);
  }

  get finishReason(): string | undefined {
    return this.#answer.providerReason;
  }

  get usage(): Usage | undefined {
    return this.#answer.usage;
  }

  get partial(): ChatResponse {
    const { id = '', model = '', reasoningParts } = this.#translation ?? {};
    const names = { id, model, requestId: this.#requestId };
    return this.#answer.response(names, undefined, reasoningParts);
  }

  read({ reading, translation }: ChatFrame): Reading<ChatEvent> {
    this.#translation = translation;
    if (reading.event !== undefined) this.#answer.add(reading.event);
    return reading;
  }
}
