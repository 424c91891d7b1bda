import {
  type Client,
  createClient,
  memoryTransport,
  StreamGapError,
  type TransportRequest,
} from '@linkspan/core';
import { openaiResponses } from '@linkspan/dialects';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect } from '../collect.ts';
import { sseOf } from '../sse-text.ts';

const events: readonly object[] = [
  { type: 'response.created', response: { id: 'resp_1', background: true } },
  ...Array.from('Linkspan', (delta) => ({
    type: 'response.output_text.delta',
    output_index: 0,
    delta,
  })),
  { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } },
].map((event, sequence) => ({ ...event, sequence_number: sequence }));

const request = {
  operation: 'POST',
  target: '/v1/responses',
  headers: { authorization: 'Bearer key' },
};

/** A client of a peer whose answers hold these events, and the requests that it makes. */
function clientOf(...answers: readonly (readonly object[])[]): {
  client: Client;
  requests: TransportRequest[];
} {
  const requests: TransportRequest[] = [];
  const transport = memoryTransport((sent) => {
    const body = sseOf(...(answers[requests.length] ?? []));
    requests.push(sent);
    return { headers: { 'content-type': 'text/event-stream' }, body };
  });
  const client = createClient({ transport });
  onTestFinished(() => client.close());
  return { client, requests };
}

describe('a background response of openaiResponses', () => {
  it('goes on behind the last event through two drops in a row, each event once', async () => {
    // The second answer also repeats what came before.
    const answers = [events.slice(0, 4), events.slice(2, 6), events.slice(6)];
    const { client, requests } = clientOf(...answers);

    const stream = await client.stream(request, {
      dialect: openaiResponses,
      resume: { baseDelayMs: 0 },
    });
    const read = await collect(stream);

    expect(read).toEqual(events);
    expect(await stream.result()).toMatchObject({ text: 'Linkspan', finishReason: 'completed' });
    expect(requests.map(({ operation, target }) => `${operation} ${target}`)).toEqual([
      'POST /v1/responses',
      'GET /v1/responses/resp_1?stream=true&starting_after=3',
      'GET /v1/responses/resp_1?stream=true&starting_after=5',
    ]);
    expect(requests[1]?.headers).toMatchObject({ authorization: 'Bearer key' });
  });

  it('is taken up by a cursor, and again when that breaks', async () => {
    const { client, requests } = clientOf(events.slice(4, 6), events.slice(6));
    const target = '/v1/responses/resp_1?stream=true&starting_after=3';
    const cursor = { lastEventId: '3', request: { operation: 'GET', target } };

    const stream = await client.stream(request, {
      dialect: openaiResponses,
      resume: { baseDelayMs: 0, cursor },
    });
    const read = await collect(stream);

    expect(read).toEqual(events.slice(4));
    expect(requests.map((sent) => sent.target)).toEqual([
      target,
      '/v1/responses/resp_1?stream=true&starting_after=5',
    ]);
  });

  it('fails at a gap', async () => {
    const { client } = clientOf(events.slice(0, 4), events.slice(5));

    const stream = client.stream(request, {
      dialect: openaiResponses,
      resume: { baseDelayMs: 0 },
    });

    await expect(collect(stream)).rejects.toThrow(StreamGapError);
  });
});
