import { post } from '../read-answer.ts';

/** The request that streams of these tests answer, unless they say otherwise. */
export const call = post('/mcp', {
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: 'count' },
});

/** The answer to {@link call}, with members that its result has besides. */
export function response(result: object = {}, id: unknown = 7): object {
  return { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'done' }], ...result } };
}

export function errorResponse(code: number, id: unknown = 7): object {
  return { jsonrpc: '2.0', id, error: { code, message: 'Sorry.', data: { why: 'because' } } };
}

export function notification(method: string): object {
  return { jsonrpc: '2.0', method, params: { progressToken: 1, progress: 1 } };
}

export const progress = notification('notifications/progress');
export const log = notification('notifications/message');
