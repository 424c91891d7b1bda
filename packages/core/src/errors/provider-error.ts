/** What a service says about a failure, in the body of its answer. */
export interface ProviderError {
  /** `rate_limit_error`, `invalid_request_error`. */
  readonly type: string | undefined;
  /** `insufficient_quota`, `model_not_found`; a number as text. */
  readonly code: string | undefined;
  /** Google's name for it: `RESOURCE_EXHAUSTED`. */
  readonly status: string | undefined;
  readonly message: string | undefined;
}

/** {@link ProviderError}, with what the failure takes from it besides. */
export interface ReadProviderError extends ProviderError {
  readonly requestId: string | undefined;
  /** What stands behind the code: Google's `reason`, Azure's `innererror.code`. */
  readonly reason: string | undefined;
}

/** The object of a body, and the one in it that describes the error: the same where there is none. */
export interface ErrorBody {
  readonly outer: JsonObject;
  readonly inner: JsonObject;
}

type JsonObject = Readonly<Record<string, unknown>>;

const NOTHING: ReadProviderError = {
  type: undefined,
  code: undefined,
  status: undefined,
  message: undefined,
  requestId: undefined,
  reason: undefined,
};

/**
 * Reads the forms that services write errors in: `{ error: { type, code, message } }`,
 * `{ error: 'text' }`, `{ message }`, FastAPI's `{ detail }`, pydantic's list of problems, alone or as
 * the detail, RFC 9457's `{ type, title, detail }`. Of a list of errors the first one counts. Text
 * that is no JSON says nothing.
 */
export function readProviderError(body: string): ReadProviderError {
  const found = parseErrorBody(body);
  if (found === undefined) return NOTHING;
  const { outer, inner, problems } = found;
  return {
    type: asText(inner['type']),
    code: asText(inner['code']),
    status: asStatus(inner['status']),
    message:
      asText(inner['message']) ??
      asText(outer['error']) ??
      asText(outer['error_description']) ??
      asText(outer['detail']) ??
      describeProblems(problems) ??
      asText(outer['title']),
    requestId: asText(outer['request_id']) ?? asText(inner['request_id']),
    reason: readReason(inner),
  };
}

/** The JSON object that a body is, or the first of the list that it is. */
export function parseErrorBody(
  body: string,
): (ErrorBody & { readonly problems: unknown }) | undefined {
  if (!/^\s*[[{]/.test(body)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined; // cut short, or not JSON after all
  }
  const outer: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(outer)) return undefined;
  const detail = outer['detail'];
  const inner = [outer['error'], detail].find(isObject) ?? outer;
  // Mistral writes FastAPI's list as the detail of its message.
  const message = inner['message'];
  const problems = isObject(message) ? message['detail'] : detail;
  return { outer, inner, problems: Array.isArray(value) ? value : problems };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** The names of google.rpc.Code; others write the number of the status there. */
function asStatus(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z][A-Z_]{1,40}$/.test(value) ? value : undefined;
}

/** `messages.0.role: Field required, and 2 more`: where the problem is says more than what it is. */
function describeProblems(problems: unknown): string | undefined {
  if (!Array.isArray(problems)) return undefined;
  const [problem] = problems as unknown[];
  const said = isObject(problem) ? asText(problem['msg']) : undefined;
  if (said === undefined) return undefined;
  const place: unknown = (problem as JsonObject)['loc'];
  const path = Array.isArray(place) ? place.map(asText).filter((part) => part !== undefined) : [];
  const more = problems.length === 1 ? '' : `, and ${problems.length - 1} more`;
  return `${path.length === 0 ? '' : `${path.join('.')}: `}${said}${more}`;
}

function readReason(inner: JsonObject): string | undefined {
  const { details, innererror } = inner as { details?: unknown; innererror?: unknown };
  if (isObject(innererror)) return asText(innererror['code']);
  if (!Array.isArray(details)) return undefined;
  for (const detail of details as unknown[]) {
    const reason = isObject(detail) ? asText(detail['reason']) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}
