import type { Reading, StreamPlace } from '@linkspan/core';
import { openaiResponses, type ResponsesEvent, type ResponsesResult } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';

const head = { status: 200, contentType: 'text/event-stream', headers: {}, secrets: [] };

/** What a new reader makes of events. */
function readings(
  events: readonly object[],
  isRepeat?: (id: string) => boolean,
): { readings: Reading<ResponsesEvent>[]; partial: ResponsesResult } {
  const reader = openaiResponses.read(head);
  return {
    readings: events.map((event) =>
      reader.read({ type: 'message', data: JSON.stringify(event), id: '' }, isRepeat),
    ),
    partial: reader.partial,
  };
}

const created = (response: object): object => ({
  type: 'response.created',
  response: { id: 'resp_1', ...response },
  sequence_number: 0,
});

/** Where a stream stands that was opened like this. */
function placeAfter(
  events: readonly object[],
  target = '/v1/responses',
  lastEventId = '7',
): StreamPlace<ResponsesResult> {
  const headers = {
    authorization: 'Bearer key',
    'openai-beta': 'x=1',
    'content-type': 'application/json',
    'idempotency-key': 'k',
  };
  return {
    request: { operation: 'POST', target, headers, payload: { kind: 'value', value: {} } },
    headers: {},
    lastEventId,
    partial: readings(events).partial,
  };
}

const inBackground = [created({ background: true })];

describe('the place of an openaiResponses stream', () => {
  it('is the sequence number of its events', () => {
    const { readings: read } = readings([
      created({}),
      { type: 'response.output_text.delta', delta: 'a', sequence_number: 12 },
      { type: 'response.output_text.delta', delta: 'a', sequence_number: '13' },
      { type: 'response.output_text.delta', delta: 'a', sequence_number: -1 },
      { type: 'response.output_text.delta', delta: 'a', sequence_number: 2 ** 53 },
      { type: 'response.output_text.delta', delta: 'a' },
    ]);

    expect(read.map(({ id }) => id)).toEqual([
      '0',
      '12',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('adds up no event twice', () => {
    const event = { type: 'response.output_text.delta', delta: 'a', sequence_number: 1 };
    const seen = new Set<string>();
    const isRepeat = (id: string): boolean => seen.has(id) || !seen.add(id);

    const { readings: read, partial } = readings([event, event], isRepeat);

    expect(partial.text).toBe('a');
    expect(read[1]).toEqual({});
  });
});

describe('openaiResponses.resume', () => {
  it('asks for the rest of a background response', () => {
    expect(openaiResponses.resume).toMatchObject({ sends: 'rest', ids: 'counting' });
    expect(openaiResponses.resume?.request(placeAfter(inBackground))).toEqual({
      operation: 'GET',
      target: '/v1/responses/resp_1?stream=true&starting_after=7',
      headers: { authorization: 'Bearer key', 'openai-beta': 'x=1' },
      idempotent: true,
    });
  });

  it.each([
    ['https://api.example.com/v1/responses', 'https://api.example.com/v1/responses/resp_1?'],
    ['responses/', 'responses/resp_1?'],
    ['/openai/responses?api-version=9', '/openai/responses/resp_1?api-version=9&'],
    ['/v1/responses/resp_1?stream=true&starting_after=2', '/v1/responses/resp_1?'],
    ['/v1/responses#top', '/v1/responses/resp_1?'],
  ])('finds the response behind %s', (target, begin) => {
    const request = openaiResponses.resume?.request(placeAfter(inBackground, target));

    expect(request?.target).toBe(`${begin}stream=true&starting_after=7`);
  });

  it.each<readonly [string, StreamPlace<ResponsesResult>]>([
    ['that is not in the background', placeAfter([created({ background: false })])],
    ['that did not say so', placeAfter([created({})])],
    [
      'whose id did not come',
      placeAfter([{ type: 'response.created', response: { background: true } }]),
    ],
    ['whose events have no number', placeAfter(inBackground, '/v1/responses', '')],
    ['whose last id is another', placeAfter(inBackground, '/v1/responses', 'abc')],
    ['whose address is not known', placeAfter(inBackground, '/v1/proxy')],
    ['whose address is that of another', placeAfter(inBackground, '/v1/responses/resp_2')],
    ...['..', '../x', 'a/b', 'a?b', 'a b', ''].map(
      (id) => [`with the id "${id}"`, placeAfter([created({ background: true, id })])] as const,
    ),
  ])('takes no response up %s', (_, place) => {
    expect(openaiResponses.resume?.request(place)).toBeUndefined();
  });
});

describe('an openaiResponses stream that was opened by the id of its response', () => {
  const target = '/v1/responses/resp_1?stream=true&starting_after=4';
  const request = { operation: 'GET', target };

  it('can be taken up, though it does not tell its beginning', () => {
    const { partial } = openaiResponses.read({ ...head, request });
    const place = { request, headers: {}, lastEventId: '9', partial };

    expect(partial).toMatchObject({ id: 'resp_1', background: true });
    expect(openaiResponses.resume?.request(place)?.target).toBe(
      '/v1/responses/resp_1?stream=true&starting_after=9',
    );
  });

  it.each([
    ['POST', '/v1/responses'],
    ['POST', '/v1/responses/compact'],
    ['GET', '/v1/responses'],
    ['GET', '/v1/responses/..'],
    ['GET', '/v1/models/gpt'],
  ])('is not one by %s %s', (operation, other) => {
    const { partial } = openaiResponses.read({ ...head, request: { operation, target: other } });

    expect(partial).toMatchObject({ id: '', background: false });
  });
});

describe('openaiResponses.cancel()', () => {
  it('asks to cancel a background response', () => {
    expect(openaiResponses.cancel?.(placeAfter(inBackground, '/v1/responses?a=b', ''))).toEqual({
      operation: 'POST',
      target: '/v1/responses/resp_1/cancel?a=b',
      headers: { authorization: 'Bearer key', 'openai-beta': 'x=1' },
      idempotent: true,
    });
  });

  it('has nothing to ask for where closing the wire is enough', () => {
    expect(openaiResponses.cancel?.(placeAfter([created({})]))).toBeUndefined();
  });
});
