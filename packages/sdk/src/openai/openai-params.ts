import { toBase64 } from '../chat/base64.ts';
import type {
  AssistantMessage,
  ChatMessage,
  ImagePart,
  ToolMessage,
  UserMessage,
} from '../chat/chat-message.ts';
import type { ChatRequest, ChatTool, ResponseFormat, ToolChoice } from '../chat/chat-request.ts';
import { refusedRequest } from '../chat/refused-request.ts';
import { withoutAbsent } from '../chat/without-absent.ts';
import type { OpenAIParams } from './openai-sdk.ts';

/** By which name the server knows the most tokens of an answer. */
export type MaxTokensField = 'max_completion_tokens' | 'max_tokens';

type OpenAITool = NonNullable<OpenAIParams['tools']>[number];
type Message = OpenAIParams['messages'][number];

/**
 * A chat as parameters of `chat.completions.create()`.
 *
 * @throws ConfigurationError for what chat completions cannot do.
 */
export function openaiParams(request: ChatRequest, maxTokensField: MaxTokensField): OpenAIParams {
  const { system, tools, toolChoice, responseFormat, stop, providerOptions } = request;
  const params = withoutAbsent<OpenAIParams>({
    model: request.model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system } as const]),
      ...request.messages.map(toMessage),
    ],
    [maxTokensField]: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    stop: typeof stop === 'object' ? [...stop] : stop,
    seed: request.seed,
    response_format: responseFormat && toResponseFormat(responseFormat),
    tools: tools?.map(toTool),
    tool_choice: toolChoice && toToolChoice(toolChoice),
    parallel_tool_calls: request.parallelToolCalls,
    reasoning_effort: request.reasoningEffort,
  });
  return { ...params, ...providerOptions?.openai };
}

function toTool({ name, description, parameters, strict }: ChatTool): OpenAITool {
  return {
    type: 'function',
    function: {
      name,
      parameters,
      ...(description !== undefined && { description }),
      ...(strict !== undefined && { strict }),
    },
  };
}

function toMessage(message: ChatMessage): Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: toUserContent(message.content) };
    case 'assistant':
      return toAssistant(message);
    case 'tool':
      return toToolResult(message);
  }
}

function toUserContent(
  content: UserMessage['content'],
): Extract<Message, { role: 'user' }>['content'] {
  if (typeof content === 'string') return content;
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: imageUrl(part) } },
  );
}

/** The address of an image; bytes are their own. */
export function imageUrl(part: ImagePart): string {
  return 'url' in part ? part.url : `data:${part.mediaType};base64,${toBase64(part.bytes)}`;
}

function toAssistant({ content, toolCalls = [] }: AssistantMessage): Message {
  const text = textOf(content);
  return {
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({
        id,
        type: 'function',
        function: { name, arguments: args },
      })),
    }),
  };
}

/** What a message says in words; thoughts are not given back. */
export function textOf(content: AssistantMessage['content']): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function toToolResult({ toolCallId, content, isError = false }: ToolMessage): Message {
  return {
    role: 'tool',
    tool_call_id: toolCallId,
    content: toolText(content, isError),
  };
}

/** What a tool gave, in words: there is no other way to say that it failed. */
function toolText(content: ToolMessage['content'], isError: boolean): string {
  const text =
    typeof content === 'string'
      ? content
      : content
          .map((part) => {
            if (part.type === 'text') return part.text;
            throw refusedRequest('messages', "OpenAI takes no image as a tool's result");
          })
          .join('');
  return isError ? `Error: ${text}` : text;
}

function toResponseFormat(format: ResponseFormat): NonNullable<OpenAIParams['response_format']> {
  switch (format.type) {
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'json-schema': {
      const { name = 'answer', schema } = format;
      return { type: 'json_schema', json_schema: { name, schema, strict: true } };
    }
  }
}

function toToolChoice(choice: ToolChoice): NonNullable<OpenAIParams['tool_choice']> {
  return typeof choice === 'string'
    ? choice
    : { type: 'function', function: { name: choice.tool } };
}
