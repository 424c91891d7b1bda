import type { AssistantMessage, ChatMessage, ImagePart, TextPart } from '../chat/chat-message.ts';
import type { ChatRequest, ResponseFormat, ToolChoice } from '../chat/chat-request.ts';
import { refusedRequest } from '../chat/refused-request.ts';
import { withoutAbsent } from '../chat/without-absent.ts';
import { imageUrl, textOf } from './openai-params.ts';
import type { OpenAIResponsesParams } from './openai-sdk.ts';

type Item = Exclude<OpenAIResponsesParams['input'], string | undefined>[number];
type Format = NonNullable<NonNullable<OpenAIResponsesParams['text']>['format']>;

/** A part of what is said, as both the user and the results of tools have it. */
type Part =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: 'auto' };

/**
 * A chat as parameters of `responses.create()`.
 *
 * @throws ConfigurationError for what responses cannot do.
 */
export function responsesParams(request: ChatRequest): OpenAIResponsesParams {
  const { tools, toolChoice, responseFormat, reasoningEffort } = request;
  for (const name of ['seed', 'stop'] as const) {
    if (request[name] !== undefined) {
      throw refusedRequest(name, "OpenAI's responses have none; its chat completions do");
    }
  }
  const params = withoutAbsent<OpenAIResponsesParams>({
    model: request.model,
    instructions: request.system,
    input: request.messages.flatMap(toItems),
    max_output_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    text: responseFormat && { format: toFormat(responseFormat) },
    tools: tools?.map(({ name, description, parameters, strict = false }) => ({
      type: 'function',
      name,
      parameters,
      strict,
      ...(description !== undefined && { description }),
    })),
    tool_choice: toolChoice && toToolChoice(toolChoice),
    parallel_tool_calls: request.parallelToolCalls,
    reasoning: reasoningEffort && { effort: reasoningEffort },
  });
  return { ...params, ...request.providerOptions?.openaiResponses };
}

function toItems(message: ChatMessage): Item[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: toContent(message.content) }];
    case 'assistant':
      return toAssistant(message);
    case 'tool': {
      const { toolCallId, content, isError = false } = message;
      const output = toContent(content);
      return [
        {
          type: 'function_call_output',
          call_id: toolCallId,
          output: isError ? asError(output) : output,
        },
      ];
    }
  }
}

/** There is no other way to say that a tool failed. */
function asError(output: string | Part[]): string | Part[] {
  if (typeof output === 'string') return `Error: ${output}`;
  return [{ type: 'input_text', text: 'Error:' }, ...output];
}

function toAssistant({ content, toolCalls = [] }: AssistantMessage): Item[] {
  const text = textOf(content);
  return [
    ...(text === '' ? [] : [{ role: 'assistant', content: text } as const]),
    ...toolCalls.map(({ id, name, arguments: args }): Item => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: args,
    })),
  ];
}

function toContent(content: string | readonly (TextPart | ImagePart)[]): string | Part[] {
  if (typeof content === 'string') return content;
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'input_text', text: part.text }
      : { type: 'input_image', image_url: imageUrl(part), detail: 'auto' },
  );
}

function toFormat(format: ResponseFormat): Format {
  switch (format.type) {
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'json-schema': {
      const { name = 'answer', schema } = format;
      return { type: 'json_schema', name, schema, strict: true };
    }
  }
}

function toToolChoice(choice: ToolChoice): NonNullable<OpenAIResponsesParams['tool_choice']> {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.tool };
}
