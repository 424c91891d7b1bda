import { type AnswerHeaders, jsonAnswer, type ValueAnswer } from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';
import type { Mint } from '../mint.ts';

/** How Anthropic refuses a request. */
export const anthropicFaults: FaultTable = {
  'rate-limit': {
    status: 429,
    message: 'This request would exceed the rate limit for your organization.',
    type: 'rate_limit_error',
  },
  overloaded: { status: 529, message: 'Overloaded', type: 'overloaded_error' },
  'server-error': { status: 500, message: 'Internal server error', type: 'api_error' },
  quota: {
    status: 402,
    message: 'Your credit balance is too low to access the Anthropic API.',
    type: 'billing_error',
  },
  'bad-key': { status: 401, message: 'invalid x-api-key', type: 'authentication_error' },
};

/** The words of the statuses that have one, from https://platform.claude.com/docs/en/api/errors */
const typeOfStatus: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** The body of an error: `{"type": "error", "error": {"type", "message"}}`. */
export function anthropicErrorBody({ status, message, type }: ProviderFault): object {
  const word =
    type ?? typeOfStatus[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return { type: 'error', error: { type: word, message } };
}

/** An error with the headers that Anthropic sends with it. */
export function refuseAnthropic(fault: ProviderFault, mint: Mint): ValueAnswer {
  const { status, retryAfterMs } = fault;
  const limited = status === 429 ? { remaining: 0, resetMs: retryAfterMs ?? 1000 } : undefined;
  const headers = anthropicHeaders(mint, limited);
  const body = { ...anthropicErrorBody(fault), request_id: headers['request-id'] };
  return jsonAnswer(status, body, { ...headers, ...retryAfterHeader(retryAfterMs) });
}

/** The state of a limit, as its headers tell it. */
interface LimitState {
  readonly remaining: number;
  readonly resetMs: number;
}

/** The headers of every answer of Anthropic. */
export function anthropicHeaders(mint: Mint, requests?: LimitState): AnswerHeaders {
  const { remaining, resetMs } = requests ?? { remaining: 3_999, resetMs: 15 };
  return {
    'request-id': mint.id('req_011', 21),
    'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': String(remaining),
    'anthropic-ratelimit-requests-reset': mint.isoTime(resetMs),
    'anthropic-ratelimit-tokens-limit': '480000',
    'anthropic-ratelimit-tokens-remaining': '479000',
    'anthropic-ratelimit-tokens-reset': mint.isoTime(125),
  };
}
