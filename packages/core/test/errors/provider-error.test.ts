import { statusError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

describe('statusError(), of what services say', () => {
  it.each([
    [
      'OpenAI',
      429,
      { error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
      'quota_exhausted',
    ],
    [
      'OpenAI',
      400,
      { error: { type: 'invalid_request_error', code: 'context_length_exceeded' } },
      'invalid_request',
    ],
    ['OpenAI', 400, { error: { code: 'content_policy_violation' } }, 'content_filter'],
    [
      'Azure',
      400,
      { error: { code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      'content_filter',
    ],
    [
      'Anthropic',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'Your credit balance is too low to access the Anthropic API.',
        },
      },
      'quota_exhausted',
    ],
    ['Anthropic', 500, { type: 'error', error: { type: 'overloaded_error' } }, 'overloaded'],
    [
      'Gemini',
      400,
      {
        error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] },
      },
      'authentication',
    ],
    ['Gemini', 429, [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }], 'rate_limit'],
    [
      'Mistral',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
      'not_found',
    ],
    ['Groq', 413, { error: { type: 'tokens', code: 'rate_limit_exceeded' } }, 'request_too_large'],
    ['Groq', 498, { error: { code: 'capacity_exceeded' } }, 'overloaded'],
    ['GitHub', 403, { message: 'You have exceeded a secondary rate limit. Wait.' }, 'rate_limit'],
    ['GitHub', 403, { message: 'Resource not accessible by integration' }, 'permission'],
    ['FastAPI', 422, { detail: [{ loc: ['body'], msg: 'Field required' }] }, 'invalid_request'],
    [
      'pydantic-ai',
      422,
      [{ type: 'missing', loc: ['threadId'], msg: 'Field required' }],
      'invalid_request',
    ],
  ])('tells by the words of %s what a %d is: %j', (_service, status, body, code) => {
    expect(statusError({ status, body: JSON.stringify(body) }).code).toBe(code);
  });

  it('has the words of the service for programs, without credentials, and does not print them', () => {
    const error = statusError({
      status: 401,
      body: JSON.stringify({
        error: {
          type: 'invalid_request_error',
          code: 'invalid_api_key',
          message: 'Incorrect API key provided: sk-canary1234567.',
        },
      }),
    });

    expect(error.providerError).toEqual({
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      status: undefined,
      message: 'Incorrect API key provided: [redacted]',
    });
    expect(Object.keys(error)).not.toContain('providerError');
    expect(statusError({ status: 502, body: '<html>502</html>' }).providerError).toEqual({
      type: undefined,
      code: undefined,
      status: undefined,
      message: undefined,
    });
  });
});
