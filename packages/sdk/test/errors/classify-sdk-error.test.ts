import * as anthropic from '@anthropic-ai/sdk';
import {
  ConfigurationError,
  ConnectionError,
  ConnectionRefusedError,
  DeserializationError,
  LinkspanError,
  OverloadedError,
  ProtocolError,
  QuotaExhaustedError,
  RateLimitError,
  ServerError,
  StatusError,
  TimeoutError,
  TransportError,
} from '@linkspan/core';
import type { SdkTransport } from '@linkspan/sdk';
import { anthropicTransport } from '@linkspan/sdk/anthropic';
import { openaiTransport } from '@linkspan/sdk/openai';
import * as openai from 'openai';
import * as openaiErrors from 'openai/error';
import { describe, expect, it, onTestFinished } from 'vitest';

const options = { apiKey: 'key', baseUrl: 'http://127.0.0.1:9' };

async function loaded(make: () => SdkTransport): Promise<SdkTransport> {
  const transport = make();
  onTestFinished(() => transport.close());
  await transport.native();
  return transport;
}

const providers = {
  openai: {
    make: () => openaiTransport(options),
    exports: { ...openai, ...openaiErrors },
    statics: openai.OpenAI,
  },
  anthropic: {
    make: () => anthropicTransport(options),
    exports: { ...anthropic },
    statics: anthropic.Anthropic,
  },
};

/** Every class of errors that an SDK gives to those who use it. */
function errorClassesOf({ exports, statics }: { exports: object; statics: object }): Function[] {
  const values: unknown[] = Object.values(exports);
  for (let base: object | null = statics; typeof base === 'function';) {
    const properties = Object.values(Object.getOwnPropertyDescriptors(base));
    values.push(...properties.map(({ value }): unknown => value));
    base = Object.getPrototypeOf(base) as object | null;
  }
  const isErrorClass = (value: unknown): value is Function =>
    typeof value === 'function' && value.prototype instanceof Error;
  return [...new Set(values.filter(isErrorClass))];
}

describe.each(Object.entries(providers))('classifyError() of %s', (_name, provider) => {
  it('U13 knows every class of errors that its SDK exports', async () => {
    const transport = await loaded(provider.make);
    const classes = errorClassesOf(provider);

    expect(classes.length).toBeGreaterThan(15);
    for (const ErrorClass of classes) {
      // What all errors of the API are says nothing by itself.
      if (ErrorClass === provider.exports.APIError) continue;
      const error = Object.create(ErrorClass.prototype as object) as Error;
      const failure = transport.classifyError(error);
      expect(failure, ErrorClass.name).toBeInstanceOf(LinkspanError);
      expect(failure.code, ErrorClass.name).not.toBe('sdk');
    }
  });

  it('goes by the status where the class is of another copy of the SDK', async () => {
    const transport = await loaded(provider.make);
    class RateLimitErrorOfAnotherCopy extends Error {
      readonly status = 429;
      readonly headers = new Headers({ 'retry-after-ms': '1500', 'x-request-id': 'req_1' });
    }

    const failure = transport.classifyError(new RateLimitErrorOfAnotherCopy('Slow down'));

    expect(failure).toBeInstanceOf(RateLimitError);
    expect(failure).toMatchObject({ retryAfterMs: 1500, requestId: 'req_1', retryable: 'yes' });
  });

  it('obeys x-should-retry both ways', async () => {
    const transport = await loaded(provider.make);
    const failed = (status: number, should: string): LinkspanError =>
      transport.classifyError({ status, headers: new Headers({ 'x-should-retry': should }) });

    expect(failed(500, 'true').retryable).toBe('yes');
    expect(failed(429, 'false').retryable).toBe('no');
  });

  it('finds the failure that the SDK has wrapped', async () => {
    const transport = await loaded(provider.make);
    const own = new ConnectionRefusedError('Nobody there');
    const wrapped = new Error('Connection error.', {
      cause: new TypeError('fetch failed', { cause: own }),
    });

    expect(transport.classifyError(wrapped)).toBe(own);
    expect(transport.classifyError(own)).toBe(own);
  });

  it('says of what is nobody’s error that the SDK failed', async () => {
    const transport = await loaded(provider.make);

    for (const thrown of [new Error('Odd'), 'odd', undefined, null, 0]) {
      expect(transport.classifyError(thrown)).toMatchObject({ code: 'sdk', kind: 'transport' });
    }
  });

  it('goes by status and code while the SDK is not loaded', () => {
    const transport = provider.make();
    onTestFinished(() => transport.close());

    expect(transport.classifyError({ status: 503 })).toBeInstanceOf(OverloadedError);
    expect(
      transport.classifyError(
        Object.assign(new Error('Over'), {
          error: { type: 'error', error: { type: 'overloaded_error' }, code: 'overloaded' },
        }),
      ),
    ).toBeInstanceOf(OverloadedError);
  });
});

describe('classifyError() of openai', () => {
  const generate = (status: number | undefined, error: object): Error =>
    openai.APIError.generate(status, { error }, undefined, new Headers());

  it.each([
    ['an error of a status', generate(500, { message: 'Oops' }), ServerError],
    ['a 429 without money', generate(429, { code: 'insufficient_quota' }), QuotaExhaustedError],
    [
      'an error in a stream',
      new openai.APIError(undefined, { code: 'rate_limit_exceeded' }, 'Slow', undefined),
      RateLimitError,
    ],
    ['no connection', new openai.APIConnectionError({ message: 'No' }), ConnectionError],
    ['a timeout', new openai.APIConnectionTimeoutError(), TimeoutError],
    ['an abort', new openai.APIUserAbortError(), TransportError],
    ['a length', new openaiErrors.LengthFinishReasonError(), DeserializationError],
    ['a filter', new openaiErrors.ContentFilterFinishReasonError(), DeserializationError],
    ['a signature', new openai.InvalidWebhookSignatureError('No'), ProtocolError],
    ['misuse', new openai.OpenAIError('Missing credentials'), ConfigurationError],
  ] as const)('knows %s', async (_what, error, ErrorClass) => {
    const transport = await loaded(providers.openai.make);

    expect(transport.classifyError(error)).toBeInstanceOf(ErrorClass);
  });
});

describe('classifyError() of anthropic', () => {
  const generate = (status: number | undefined, type: string): Error =>
    anthropic.APIError.generate(
      status,
      { type: 'error', error: { type } },
      undefined,
      new Headers(),
    );

  it.each([
    ['an overload', generate(529, 'overloaded_error'), OverloadedError],
    ['a 402', generate(402, 'billing_error'), QuotaExhaustedError],
    [
      'an error in a stream',
      new anthropic.APIError(
        undefined,
        { type: 'error', error: { type: 'overloaded_error' } },
        'Over',
        undefined,
      ),
      OverloadedError,
    ],
    ['any other 4xx', generate(418, 'invalid_request_error'), StatusError],
    ['no connection', new anthropic.APIConnectionError({ message: 'No' }), ConnectionError],
    ['a timeout', new anthropic.APIConnectionTimeoutError(), TimeoutError],
    ['an abort', new anthropic.APIUserAbortError(), TransportError],
    ['misuse', new anthropic.AnthropicError('Streaming is required'), ConfigurationError],
  ] as const)('knows %s', async (_what, error, ErrorClass) => {
    const transport = await loaded(providers.anthropic.make);

    expect(transport.classifyError(error)).toBeInstanceOf(ErrorClass);
  });
});
