/** What a service says about a failure, in the body of its answer. */
export interface ProviderError {
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
}

const NOTHING: ProviderError = {
  type: undefined,
  code: undefined,
  message: undefined,
  requestId: undefined,
};

/**
 * Reads the forms that services write errors in: `{ error: { type, code, message } }`,
 * `{ error: 'text' }`, `{ message }`, FastAPI's `{ detail }`, RFC 9457's `{ type, title, detail }`.
 * Text that is no JSON object says nothing.
 */
export function readProviderError(body: string): ProviderError {
  const outer = parseObject(body);
  if (outer === undefined) return NOTHING;
  const inner = isObject(outer['error']) ? outer['error'] : undefined;
  const source = inner ?? outer;
  return {
    type: asText(source['type']),
    code: asText(source['code']),
    message:
      asText(source['message']) ??
      asText(outer['error']) ??
      asText(outer['error_description']) ??
      firstDetail(outer['detail']) ??
      asText(outer['title']),
    requestId: asText(outer['request_id']) ?? asText(source['request_id']),
  };
}

function parseObject(body: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(body)) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // cut short, or not JSON after all
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

function firstDetail(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) return asText(detail);
  const [problem]: unknown[] = detail;
  return isObject(problem) ? asText(problem['msg']) : undefined;
}
