import { type FaultTable, HTTP_WIRES, type NoNumbers } from './fault.ts';

/** Answers with a status that is no success. */
export interface StatusFaults {
  status: { readonly status: number };
  'html-status': { readonly status: number };
  unauthorized: NoNumbers;
  'secondary-rate-limit': { readonly seconds: number };
  'endless-error-body': { readonly status: number };
  'openai-rate-limit': NoNumbers;
  'openai-quota': NoNumbers;
  'anthropic-rate-limit': NoNumbers;
  'anthropic-billing': NoNumbers;
  'anthropic-overloaded': NoNumbers;
}

const JSON_TYPE = { 'content-type': 'application/json' } as const;

/** An error as OpenAI writes it. */
function openaiError(type: string, message: string): string {
  return JSON.stringify({ error: { message, type, param: null, code: type } });
}

/** An error as Anthropic writes it. */
function anthropicError(type: string, message: string): string {
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' });
}

/** Rows 28 to 32, 36, 38, 39, 41. */
export const statusFaults: FaultTable<StatusFaults> = {
  status: {
    row: 28,
    wires: HTTP_WIRES,
    title: 'answers with this status and no hint',
    numbers: { status: 500 },
    async play(exchange, { status }) {
      await exchange.request.complete;
      await exchange.answer(status, JSON_TYPE, `{"detail":"status ${status}"}`);
    },
  },
  'html-status': {
    row: 39,
    wires: HTTP_WIRES,
    title: 'answers with this status and an HTML page of 10 KiB',
    numbers: { status: 502 },
    async play(exchange, { status }) {
      await exchange.request.complete;
      const page = `<html><h1>${status} from a proxy</h1>${'x'.repeat(10 * 1024)}</html>`;
      await exchange.answer(status, { 'content-type': 'text/html' }, page);
    },
  },
  unauthorized: {
    row: 29,
    wires: HTTP_WIRES,
    title: 'answers 401 and asks for a bearer token',
    async play(exchange) {
      await exchange.request.complete;
      const body = openaiError('invalid_api_key', 'Incorrect API key provided');
      await exchange.answer(401, { ...JSON_TYPE, 'www-authenticate': 'Bearer' }, body);
    },
  },
  'secondary-rate-limit': {
    row: 30,
    wires: HTTP_WIRES,
    title: 'answers 403 with a Retry-After, as GitHub does for its secondary limit',
    numbers: { seconds: 60 },
    async play(exchange, { seconds }) {
      await exchange.request.complete;
      const headers = { ...JSON_TYPE, 'retry-after': seconds, 'x-ratelimit-remaining': 0 };
      const body = '{"message":"You have exceeded a secondary rate limit."}';
      await exchange.answer(403, headers, body);
    },
  },
  'endless-error-body': {
    row: 39,
    wires: HTTP_WIRES,
    title: 'answers with this status and a body that never ends',
    numbers: { status: 500 },
    async play(exchange, { status }) {
      await exchange.request.complete;
      await exchange.chunked(status, { 'content-type': 'text/plain' });
      await exchange.flood(Buffer.from(`4000\r\n${'x'.repeat(0x4000)}\r\n`));
    },
  },
  'openai-rate-limit': {
    row: 36,
    wires: HTTP_WIRES,
    title: 'answers 429 as OpenAI does: too many requests',
    async play(exchange) {
      await exchange.request.complete;
      const body = openaiError('rate_limit_exceeded', 'Rate limit reached for requests');
      await exchange.answer(429, { ...JSON_TYPE, 'x-request-id': 'req_1' }, body);
    },
  },
  'openai-quota': {
    row: 38,
    wires: HTTP_WIRES,
    title: 'answers 429 as OpenAI does: the quota is used up',
    async play(exchange) {
      await exchange.request.complete;
      const body = openaiError('insufficient_quota', 'You exceeded your current quota');
      await exchange.answer(429, { ...JSON_TYPE, 'x-request-id': 'req_1' }, body);
    },
  },
  'anthropic-rate-limit': {
    row: 36,
    wires: HTTP_WIRES,
    title: 'answers 429 as Anthropic does: too many requests',
    async play(exchange) {
      await exchange.request.complete;
      const body = anthropicError('rate_limit_error', 'Number of requests has exceeded the limit');
      await exchange.answer(429, { ...JSON_TYPE, 'request-id': 'req_1' }, body);
    },
  },
  'anthropic-billing': {
    row: 38,
    wires: HTTP_WIRES,
    title: 'answers 402 as Anthropic does: the credit is used up',
    async play(exchange) {
      await exchange.request.complete;
      const body = anthropicError('billing_error', 'Your credit balance is too low');
      await exchange.answer(402, { ...JSON_TYPE, 'request-id': 'req_1' }, body);
    },
  },
  'anthropic-overloaded': {
    row: 41,
    wires: HTTP_WIRES,
    title: 'answers 529 as Anthropic does: overloaded',
    async play(exchange) {
      await exchange.request.complete;
      const body = anthropicError('overloaded_error', 'Overloaded');
      await exchange.answer(529, { ...JSON_TYPE, 'request-id': 'req_1' }, body);
    },
  },
};
