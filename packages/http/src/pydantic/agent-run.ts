import {
  type CallOptions,
  DeserializationError,
  type StreamOptions,
  type Usage,
} from '@linkspan/core';

/** What one run takes. */
export interface AgentCallOptions extends CallOptions {
  /** The agent, instead of the client's. */
  readonly agentId?: string | undefined;
}

/** What one streamed run takes. */
export type AgentStreamOptions = AgentCallOptions &
  Pick<StreamOptions<unknown, unknown>, 'firstEventMs' | 'eventIdleMs' | 'limits'>;

/** What an agent is asked. Text alone is the prompt. */
export interface AgentInput {
  readonly prompt: string;
  /** The messages of earlier runs, as they were given: {@link AgentRun.messages}. */
  readonly messageHistory?: readonly unknown[] | undefined;
  /**
   * Settings of the model for this run, in the names of pydantic-ai: `temperature`, `max_tokens`. The
   * adapters of AG-UI and the AI SDK pass them on and do not look at them: there they are for a
   * server that does, as `forwardedProps.modelSettings` and as `modelSettings`.
   */
  readonly modelSettings?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The conversation that the run belongs to, in the dialects that name it: AG-UI's thread, the AI
   * SDK's chat.
   *
   * @default a random one
   */
  readonly threadId?: string | undefined;
  /** The id of the message with the prompt, in the dialects that name it. @default a random one */
  readonly messageId?: string | undefined;
  /**
   * More fields of what is sent, in the names of the wire: AG-UI's `state`, `tools`, `context` and
   * `resume`. They stand in the place of those of the same name.
   */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

/** What an agent answered. */
export interface AgentRun<Output = unknown> {
  /** The output of the agent, of the type that it was made for. */
  readonly result: Output;
  /** All messages of the run; given back as `messageHistory`, the next run goes on from there. */
  readonly messages: readonly unknown[];
  /** What the run used, as far as the agent told. */
  readonly usage: Usage | undefined;
  /**
   * Why the run stopped, in the dialects `vercel` and `ag-ui`: `'length'` means that the text is cut,
   * AG-UI's `'interrupt'` that the run waits for an answer. What it asks is in the events of a stream.
   */
  readonly finishReason?: string | undefined;
}

/**
 * The answer of the wire as an {@link AgentRun}. What `result` holds is not checked here.
 *
 * @throws DeserializationError when it is no object with a `result`.
 */
export function decodeRun(answer: unknown): AgentRun {
  const fields = asFields(answer);
  if (!Object.hasOwn(fields, 'result')) {
    const names = Object.keys(fields).slice(0, 10).join(', ');
    throw new DeserializationError(
      `Cannot read the answer of the agent: expected an object with a result, found ${
        names === '' ? 'none' : `one with ${names}`
      }`,
    );
  }
  const messages = fields['messages'];
  return {
    result: fields['result'],
    messages: Array.isArray(messages) ? messages : [],
    usage: decodeUsage(fields['usage']),
  };
}

/** pydantic-ai said `request_tokens` before 1.0 and says `input_tokens` since. */
function decodeUsage(usage: unknown): Usage | undefined {
  const fields = asFields(usage);
  const inputTokens = count(fields['input_tokens'] ?? fields['request_tokens']);
  const outputTokens = count(fields['output_tokens'] ?? fields['response_tokens']);
  const totalTokens =
    count(fields['total_tokens']) ??
    (inputTokens === undefined || outputTokens === undefined
      ? undefined
      : inputTokens + outputTokens);
  if (inputTokens === undefined && outputTokens === undefined && totalTokens === undefined) {
    return undefined;
  }
  return {
    ...(inputTokens === undefined ? undefined : { inputTokens }),
    ...(outputTokens === undefined ? undefined : { outputTokens }),
    ...(totalTokens === undefined ? undefined : { totalTokens }),
  };
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
