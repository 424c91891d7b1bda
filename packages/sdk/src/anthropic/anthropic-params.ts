import { toBase64 } from '../chat/base64.ts';
import type {
  AssistantMessage,
  ChatMessage,
  ImagePart,
  TextPart,
  ToolMessage,
} from '../chat/chat-message.ts';
import type { ChatRequest, ToolChoice } from '../chat/chat-request.ts';
import { refusedRequest } from '../chat/refused-request.ts';
import { withoutAbsent } from '../chat/without-absent.ts';
import type { AnthropicParams } from './anthropic-sdk.ts';

/**
 * A chat as parameters of `messages.create()`.
 *
 * @param maxTokens holds where the chat says nothing: Anthropic wants to be told.
 * @throws ConfigurationError for what Anthropic cannot do.
 */
export function anthropicParams(request: ChatRequest, maxTokens: number): AnthropicParams {
  const { system, tools, toolChoice, parallelToolCalls, responseFormat, stop } = request;
  for (const name of ['seed', 'temperature', 'topP'] as const) {
    if (request[name] !== undefined) throw refusedRequest(name, "Anthropic's API has none");
  }
  if (responseFormat?.type === 'json') {
    throw refusedRequest('responseFormat', "Anthropic wants a schema: { type: 'json-schema' }");
  }
  const params = withoutAbsent<AnthropicParams>({
    model: request.model,
    max_tokens: request.maxTokens ?? maxTokens,
    messages: joinToolResults(request.messages.map(toMessage)),
    system,
    stop_sequences: typeof stop === 'string' ? [stop] : stop && [...stop],
    tools: tools?.map(({ name, description, parameters, strict }) => ({
      name,
      input_schema: { ...parameters, type: 'object' },
      ...(description !== undefined && { description }),
      ...(strict !== undefined && { strict }),
    })),
    tool_choice: toToolChoice(toolChoice, parallelToolCalls),
    output_config: toOutputConfig(request),
  });
  return { ...params, ...request.providerOptions?.anthropic };
}

function toOutputConfig({
  reasoningEffort: effort,
  responseFormat: format,
}: ChatRequest): AnthropicParams['output_config'] {
  if (effort === undefined && format?.type !== 'json-schema') return undefined;
  return {
    ...(effort !== undefined && { effort }),
    ...(format?.type === 'json-schema' && {
      format: { type: 'json_schema', schema: format.schema },
    }),
  };
}

type Param = AnthropicParams['messages'][number];
type Block = Exclude<Param['content'], string>[number];
type ImageBlock = Extract<Block, { type: 'image' }>;

/** What both the user and the results of tools may hold. */
type Content = string | (ImageBlock | { type: 'text'; text: string })[];

interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string | Block[];
  /** Whether it holds what came of a tool. */
  readonly isResult?: boolean;
}

function toMessage(message: ChatMessage, index: number): Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: toContent(message.content) };
    case 'assistant':
      return { role: 'assistant', content: toAssistant(message, index) };
    case 'tool':
      return { role: 'user', content: [toResult(message)], isResult: true };
  }
}

/** The results of all the calls of one turn belong into one message, with what the user says then. */
function joinToolResults(messages: readonly Message[]): Param[] {
  const joined: { role: Message['role']; content: string | Block[]; isResult: boolean }[] = [];
  for (const { role, content, isResult = false } of messages) {
    const last = joined.at(-1);
    if (last?.isResult === true && role === 'user') {
      last.content = [...asBlocks(last.content), ...asBlocks(content)];
    } else {
      joined.push({ role, content, isResult });
    }
  }
  return joined.map(({ role, content }) => ({ role, content }));
}

function asBlocks(content: string | Block[]): Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function toContent(content: string | readonly (TextPart | ImagePart)[]): Content {
  if (typeof content === 'string') return content;
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image', source: imageSource(part) },
  );
}

type MediaType = Extract<ImageBlock['source'], { type: 'base64' }>['media_type'];

function imageSource(part: ImagePart): ImageBlock['source'] {
  if ('bytes' in part) {
    return { type: 'base64', media_type: part.mediaType as MediaType, data: toBase64(part.bytes) };
  }
  const [, mediaType, data = ''] = /^data:([\w/+.-]+);base64,(.*)$/s.exec(part.url) ?? [];
  if (mediaType !== undefined) return { type: 'base64', media_type: mediaType as MediaType, data };
  return { type: 'url', url: part.url };
}

function toAssistant(
  { content, toolCalls = [] }: AssistantMessage,
  index: number,
): string | Block[] {
  if (typeof content === 'string' && toolCalls.length === 0) return content;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
  return [
    ...parts.flatMap((part): Block[] => {
      if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text }];
      if (part.redacted !== undefined) return [{ type: 'redacted_thinking', data: part.redacted }];
      // A thought without its signature is refused: it may come from another provider.
      if (part.signature === undefined) return [];
      return [{ type: 'thinking', thinking: part.text, signature: part.signature }];
    }),
    ...toolCalls.map(({ id, name, arguments: args }): Block => ({
      type: 'tool_use',
      id,
      name,
      input: parseArguments(args, index),
    })),
  ];
}

function parseArguments(json: string, index: number): object {
  try {
    const input: unknown = json === '' ? {} : JSON.parse(json);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {
    // Told below, without what was found: it may be anything.
  }
  throw refusedRequest(
    `messages[${index}].toolCalls`,
    'expected arguments that are a JSON object: Anthropic takes no others',
  );
}

function toResult({ toolCallId, content, isError = false }: ToolMessage): Block {
  return {
    type: 'tool_result',
    tool_use_id: toolCallId,
    content: toContent(content),
    ...(isError && { is_error: true }),
  };
}

function toToolChoice(
  choice: ToolChoice | undefined,
  parallel: boolean | undefined,
): AnthropicParams['tool_choice'] {
  const disabled = parallel === undefined ? {} : { disable_parallel_tool_use: !parallel };
  if (choice === undefined) {
    return parallel === undefined ? undefined : { type: 'auto', ...disabled };
  }
  if (choice === 'none') return { type: 'none' };
  if (choice === 'auto') return { type: 'auto', ...disabled };
  if (choice === 'required') return { type: 'any', ...disabled };
  return { type: 'tool', name: choice.tool, ...disabled };
}
