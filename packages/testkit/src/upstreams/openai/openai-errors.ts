import { type AnswerHeaders, jsonAnswer, type ValueAnswer } from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';
import type { Mint } from '../mint.ts';
import type { UpstreamRequest } from '../upstream.ts';

/** How OpenAI refuses a request. */
export const openaiFaults: FaultTable = {
  'rate-limit': {
    status: 429,
    message: 'Rate limit reached for requests. Please try again later.',
    type: 'requests',
    code: 'rate_limit_exceeded',
  },
  overloaded: {
    status: 503,
    message: 'The engine is currently overloaded, please try again later.',
    type: 'server_error',
  },
  'server-error': {
    status: 500,
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
  },
  quota: {
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
  'bad-key': {
    status: 401,
    message: 'Incorrect API key provided',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  },
};

/** The body of an error: `{"error": {"message", "type", "param", "code"}}`. */
export function openaiErrorBody({ status, message, type, code = '' }: ProviderFault): object {
  const word = type ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  return { error: { message, type: word, param: null, code: code === '' ? null : code } };
}

/** An error with the headers that OpenAI sends with it. */
export function refuseOpenai(
  fault: ProviderFault,
  { headers }: UpstreamRequest,
  mint: Mint,
): ValueAnswer {
  const { status, code, retryAfterMs } = fault;
  const message =
    code === 'invalid_api_key'
      ? `${fault.message}: ${masked(headers['authorization'])}.`
      : fault.message;
  const isLimited = status === 429 && code !== 'insufficient_quota';
  return jsonAnswer(status, openaiErrorBody({ ...fault, message }), {
    ...openaiHeaders(mint, isLimited ? { remaining: 0, resetMs: retryAfterMs ?? 1000 } : undefined),
    ...retryAfterHeader(retryAfterMs),
    ...(retryAfterMs !== undefined && { 'retry-after-ms': String(retryAfterMs) }),
    ...(code === 'insufficient_quota' && { 'x-should-retry': 'false' }),
  });
}

/** The state of a limit, as its headers tell it. */
interface LimitState {
  readonly remaining: number;
  readonly resetMs: number;
}

/** The headers of every answer of OpenAI. */
export function openaiHeaders(mint: Mint, requests?: LimitState): AnswerHeaders {
  const { remaining, resetMs } = requests ?? { remaining: 9_999, resetMs: 6 };
  return {
    'x-request-id': mint.id('req_', 32),
    'openai-version': '2020-10-01',
    'openai-processing-ms': '12',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': duration(resetMs),
    'x-ratelimit-limit-tokens': '2000000',
    'x-ratelimit-remaining-tokens': '1999000',
    'x-ratelimit-reset-tokens': '30ms',
  };
}

/** A duration as OpenAI writes it: `6ms`, `1.5s`. */
function duration(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)}ms` : `${ms / 1000}s`;
}

/** A key as OpenAI repeats it: the middle is hidden. */
function masked(authorization = ''): string {
  const key = authorization.replace(/^Bearer\s+/i, '');
  return key === '' ? "''" : `${key.slice(0, 3)}***${key.slice(-4)}`;
}
