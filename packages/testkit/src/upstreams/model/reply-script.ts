import { defineSettings, parseSettings, setting } from '@linkspan/core';
import type { ReceivedRequest } from '../received-request.ts';
import type { ModelRefusal, ModelReply } from './model-reply.ts';

/** A request to a model, with what an answer is mostly made of. */
export interface ModelRequest extends ReceivedRequest {
  /** The last text that the user wrote; `''` when there is none. */
  readonly prompt: string;
  /** The model that was asked for; `undefined` for agents. */
  readonly model: string | undefined;
}

/** Answers a request; with nothing, as if it were not there. */
export type ModelReplier = (
  request: ModelRequest,
) => ModelReply | ModelRefusal | undefined | Promise<ModelReply | ModelRefusal | undefined>;

/** How long a reply holds. */
export interface ReplyOptions {
  /** How many requests it answers; the replies that were given before answer after it. @default Infinity */
  readonly times?: number;
}

/** Scripts what a model answers. */
export interface Replying {
  /**
   * Answers with this from now on, or that many times. Of several the last one answers, until it is
   * used up or gives nothing.
   *
   * @throws ConfigurationError when the reply is not what it should be.
   */
  reply(reply: ModelReply | ModelRefusal | ModelReplier, options?: ReplyOptions): void;
}

const count = setting.integer({ min: 0, optional: true, env: false });
const ms = setting.durationMs({ min: 0, optional: true, env: false });
const text = setting.custom<string>({
  optional: true,
  expected: 'text',
  check: (value) => (typeof value === 'string' ? value : undefined),
});

const replySettings = defineSettings({
  text,
  chunks: setting.list(text, { optional: true }),
  reasoning: text,
  toolCalls: setting.list(
    setting.group({
      id: text,
      name: setting.string({ env: false }),
      arguments: setting.custom<string | object>({
        expected: 'an object or text',
        check: (value) => (isArguments(value) ? value : undefined),
      }),
    }),
    { optional: true },
  ),
  finishReason: setting.string({ optional: true, env: false }),
  usage: setting.group({
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: count,
    reasoningTokens: count,
  }),
  pace: setting.group({ firstEventMs: ms, eventMs: ms }, { optional: true }),
});

const refusalSettings = defineSettings({
  refuse: setting.group({
    status: setting.integer({ min: 400, max: 599, env: false }),
    message: setting.string({ env: false }),
    type: text,
    code: text,
  }),
});

const optionSettings = defineSettings({
  times: setting.integer({ default: Infinity, min: 1, orInfinity: true, env: false }),
});

interface Entry {
  readonly reply: ModelReply | ModelRefusal | ModelReplier;
  left: number;
}

/** The replies of one upstream. */
export class ReplyScript {
  /** The last one first. */
  #entries: Entry[] = [];

  add(reply: ModelReply | ModelRefusal | ModelReplier, options?: ReplyOptions): void {
    const { times } = parseSettings('reply()', optionSettings, options);
    if (typeof reply !== 'function') check(reply);
    this.#entries.unshift({ reply, left: times });
  }

  /** What is answered to a request; an empty reply when nothing was scripted. */
  async take(request: ModelRequest): Promise<ModelReply | ModelRefusal> {
    for (const entry of this.#entries) {
      if (entry.left === 0) continue;
      entry.left -= 1;
      // oxlint-disable-next-line no-await-in-loop -- the next one is asked only when this gives nothing
      const given = typeof entry.reply === 'function' ? await entry.reply(request) : entry.reply;
      if (given !== undefined) {
        if (typeof entry.reply === 'function') check(given);
        return given;
      }
      entry.left += 1;
    }
    return {};
  }

  clear(): void {
    this.#entries = [];
  }
}

function check(reply: ModelReply | ModelRefusal): void {
  if ('refuse' in reply) {
    parseSettings('reply()', refusalSettings, reply);
    return;
  }
  parseSettings('reply()', replySettings, reply);
}

function isArguments(value: unknown): value is string | object {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}
