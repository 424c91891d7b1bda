import { parseJson, type TransportRequest } from '@linkspan/core';
import type { ChatRequest } from './chat-request.ts';
import { refusedRequest } from './refused-request.ts';

/**
 * The chat that a request carries, as a value or as its JSON. The model is its target.
 *
 * @throws ConfigurationError when it carries none.
 */
export function readChatRequest({ target, payload }: TransportRequest): ChatRequest {
  if (target === '') throw refusedRequest('model', 'expected the name of a model, found none');
  const value =
    payload?.kind === 'value'
      ? payload.value
      : payload?.kind === 'bytes'
        ? readJson(payload.bytes)
        : undefined;
  const chat = value as Partial<ChatRequest> | null | undefined;
  if (typeof chat !== 'object' || chat === null) {
    throw refusedRequest('payload', 'expected a chat as a value, or its JSON as bytes');
  }
  if (!Array.isArray(chat.messages) || chat.messages.length === 0) {
    throw refusedRequest('messages', 'expected a list with a message in it');
  }
  for (const [index, message] of chat.messages.entries()) {
    const role: unknown = (message as { readonly role?: unknown } | null)?.role;
    if (role !== 'user' && role !== 'assistant' && role !== 'tool') {
      const hint = role === 'system' ? "; what the system says goes into 'system'" : '';
      throw refusedRequest(
        `messages[${index}].role`,
        `expected 'user', 'assistant' or 'tool', found ${JSON.stringify(role) ?? 'none'}${hint}`,
      );
    }
  }
  return { ...(chat as ChatRequest), model: target };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    throw refusedRequest('payload', `expected the JSON of a chat: ${(error as Error).message}`);
  }
}
