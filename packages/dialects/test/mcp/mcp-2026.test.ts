import { createClient, memoryTransport, type TransportRequest } from '@linkspan/core';
import { mcp2026 } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../read-answer.ts';
import { sseOf } from '../sse-text.ts';
import { call, notification, response } from './mcp-messages.ts';

/** The headers of a call, as a client sends it. */
async function headersOf(message: object, headers: Record<string, string> = {}): Promise<object> {
  let sent: TransportRequest | undefined;
  const client = createClient({
    env: {},
    transport: memoryTransport((request) => {
      sent = request;
      return { headers: { 'content-type': 'text/event-stream' }, body: sseOf(response({}, 1)) };
    }),
  });
  const value = { jsonrpc: '2.0', id: 1, ...message };
  await client
    .stream(
      { operation: 'POST', target: '/mcp', headers, payload: { kind: 'value', value } },
      { dialect: mcp2026 },
    )
    .result();
  await client.close();
  return sent?.headers ?? {};
}

describe('mcp2026', () => {
  it('tells with the finish reason whether the server is done', async () => {
    const reasonOf = async (result: object): Promise<unknown> => {
      const { outcome } = await readAnswer(mcp2026, sseOf(response(result)), { request: call });
      return outcome;
    };

    expect(await reasonOf({})).toMatchObject({ status: 'complete', finishReason: 'complete' });
    expect(await reasonOf({ resultType: 'input_required' })).toMatchObject({
      status: 'complete',
      finishReason: 'input_required',
    });
  });

  it('reads a subscription until the server ends it', async () => {
    const changed = notification('notifications/tools/list_changed');

    const whole = await readAnswer(mcp2026, sseOf(changed, changed, response()), { request: call });
    const torn = await readAnswer(mcp2026, sseOf(changed, changed), { request: call });

    expect(whole.outcome).toMatchObject({ status: 'complete', events: 3 });
    expect(torn.outcome).toMatchObject({ status: 'incomplete', events: 2 });
  });

  it('has no way to resume, and cancels by leaving', () => {
    expect(mcp2026.resume).toBeUndefined();
    expect(mcp2026.cancel).toBeUndefined();
  });
});

describe('the headers of mcp2026', () => {
  it('repeat the version, the method and what it is about', async () => {
    expect(await headersOf({ method: 'tools/call', params: { name: 'get_weather' } })).toEqual({
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'get_weather',
    });
    expect(
      await headersOf({ method: 'resources/read', params: { uri: 'file:///a' } }),
    ).toMatchObject({ 'mcp-method': 'resources/read', 'mcp-name': 'file:///a' });
    expect(await headersOf({ method: 'tools/list', params: { name: 'x' } })).not.toHaveProperty(
      'mcp-name',
    );
  });

  // The table of section "Value Encoding".
  it.each([
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['', '=?base64??='],
  ])('write the name %j as %s', async (name, value) => {
    expect(await headersOf({ method: 'prompts/get', params: { name } })).toMatchObject({
      'mcp-name': value,
    });
  });

  it('give way to those of the request', async () => {
    const headers = { 'mcp-protocol-version': '2027-01-01' };

    expect(await headersOf({ method: 'tools/list' }, headers)).toMatchObject(headers);
  });
});
