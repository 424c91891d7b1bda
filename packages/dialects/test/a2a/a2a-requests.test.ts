import {
  DnsError,
  InvalidRequestError,
  NotFoundError,
  ServerError,
  StatusError,
  type TransportRequest,
} from '@linkspan/core';
import { a2a, type A2aResult } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { payloadOf, placeOf, post } from '../read-answer.ts';

const sent = {
  accept: 'text/event-stream',
  'a2a-version': '1.0',
  authorization: 'Bearer x',
  'idempotency-key': 'k',
};
const kept = { 'a2a-version': '1.0', authorization: 'Bearer x' };

function result(rest: Partial<A2aResult> = {}): A2aResult {
  return {
    text: '',
    state: 'TASK_STATE_WORKING',
    taskId: 'task-1',
    contextId: undefined,
    artifacts: [],
    message: undefined,
    ...rest,
  };
}

const unsupported = new InvalidRequestError('Cannot', {
  status: 400,
  body: '{"error":{"code":-32004,"message":"The task is over"}}',
});

describe('resuming and cancelling a2a over JSON-RPC', () => {
  const opened = (params: object = {}, target = '/rpc'): TransportRequest =>
    post(target, { jsonrpc: '2.0', id: 'call-1', method: 'SendStreamingMessage', params }, sent);
  const place = placeOf(opened(), result());

  it.each([['/rpc'], ['https://agents.example.com/rpc?version=1']])(
    'calls SubscribeToTask at %s',
    (target) => {
      const request = a2a.resume?.request(placeOf(opened({}, target), result()));

      expect(request).toMatchObject({ operation: 'POST', target, idempotent: true });
      expect(request?.headers).toEqual({
        ...kept,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      });
      expect(payloadOf(request)).toEqual({
        jsonrpc: '2.0',
        id: 'call-1',
        method: 'SubscribeToTask',
        params: { id: 'task-1' },
      });
      expect(a2a.resume?.sends).toBe('snapshot');
    },
  );

  it('reads a request whose value is not encoded yet', () => {
    const value = { jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage' };
    const request = { ...opened(), payload: { kind: 'value', value } as const };

    expect(payloadOf(a2a.resume?.request(placeOf(request, result())))).toMatchObject({
      id: 1,
      method: 'SubscribeToTask',
    });
  });

  it('names the tenant', () => {
    const request = a2a.resume?.request(placeOf(opened({ tenant: 'acme' }), result()));

    expect(payloadOf(request)).toMatchObject({ params: { id: 'task-1', tenant: 'acme' } });
  });

  it('asks for a task that is over, or not found, with GetTask, and for no other', () => {
    const request = a2a.resume?.instead?.(place, unsupported);
    const notFound = new NotFoundError('Cannot', { status: 404, body: '{"code":-32001}' });
    const failed = new ServerError('Cannot', { status: 500, body: 'the task failed' });
    const refused = new StatusError('Cannot', { status: 405 });

    expect(request).toMatchObject({ operation: 'POST', target: '/rpc' });
    expect(request?.headers?.['accept']).toBe('application/json, application/a2a+json');
    expect(payloadOf(request)).toMatchObject({ method: 'GetTask', params: { id: 'task-1' } });
    expect(a2a.resume?.instead?.(place, notFound)).toEqual(request);
    expect(a2a.resume?.instead?.(place, failed)).toBeUndefined();
    expect(a2a.resume?.instead?.(place, refused)).toBeUndefined();
    expect(a2a.resume?.instead?.(place, new DnsError('Cannot'))).toBeUndefined();
  });

  it('cancels with CancelTask', () => {
    const request = a2a.cancel?.(place);

    expect(request).toMatchObject({ operation: 'POST', target: '/rpc', idempotent: true });
    expect(request?.headers).toEqual({
      ...kept,
      accept: 'application/json, application/a2a+json',
      'content-type': 'application/json',
    });
    expect(payloadOf(request)).toEqual({
      jsonrpc: '2.0',
      id: 'call-1',
      method: 'CancelTask',
      params: { id: 'task-1' },
    });
  });
});

describe('resuming and cancelling a2a over REST', () => {
  const place = (target: string, taskId = 'task-1'): ReturnType<typeof placeOf<A2aResult>> =>
    placeOf(post(target, { message: {} }, sent), result({ taskId }));

  it.each([
    ['/message:stream', '/tasks/task-1'],
    ['/acme/message:stream?key=1', '/acme/tasks/task-1'],
    [
      'https://agents.example.com/a2a/message:stream',
      'https://agents.example.com/a2a/tasks/task-1',
    ],
    ['/tasks/task-0:subscribe', '/tasks/task-1'],
  ])('asks beside %s for %s', (target, path) => {
    const query = target.includes('?') ? '?key=1' : '';

    expect(a2a.resume?.request(place(target))).toEqual({
      operation: 'POST',
      target: `${path}:subscribe${query}`,
      headers: { ...kept, accept: 'text/event-stream' },
      idempotent: true,
    });
    expect(a2a.resume?.instead?.(place(target), unsupported)).toEqual({
      operation: 'GET',
      target: `${path}${query}`,
      headers: { ...kept, accept: 'application/json, application/a2a+json' },
      idempotent: true,
    });
    expect(a2a.cancel?.(place(target))).toEqual({
      operation: 'POST',
      target: `${path}:cancel${query}`,
      headers: { ...kept, accept: 'application/json, application/a2a+json' },
      idempotent: true,
    });
  });

  it('knows a task that is over by the reason of the refusal', () => {
    const details = [{ reason: 'UNSUPPORTED_OPERATION', domain: 'a2a-protocol.org' }];
    const body = JSON.stringify({ error: { code: 400, status: 'FAILED_PRECONDITION', details } });
    const refusal = new InvalidRequestError('Cannot', { status: 400, body });

    expect(a2a.resume?.instead?.(place('/message:stream'), refusal)?.operation).toBe('GET');
  });

  it('subscribes with GET where POST is not allowed', () => {
    const refusal = new StatusError('Cannot', { status: 405 });

    expect(a2a.resume?.instead?.(place('/message:stream'), refusal)).toMatchObject({
      operation: 'GET',
      target: '/tasks/task-1:subscribe',
    });
  });

  it('keeps an id that is no part of a path within its part', () => {
    expect(a2a.resume?.request(place('/message:stream', '../a?b#c/d\r\n'))?.target).toBe(
      '/tasks/..%2Fa%3Fb%23c%2Fd%0D%0A:subscribe',
    );
  });

  it('cannot be done for an address that is not known, or without a task that can be named', () => {
    for (const target of ['/v2/chat', '/message:send', '/message:streams']) {
      expect(a2a.resume?.request(place(target))).toBeUndefined();
      expect(a2a.cancel?.(place(target))).toBeUndefined();
    }
    for (const taskId of ['\u{d800}', 'x'.repeat(1025)]) {
      expect(a2a.resume?.request(place('/message:stream', taskId))).toBeUndefined();
    }
    const nameless = placeOf(post('/message:stream', {}), result({ taskId: undefined }));
    expect(a2a.resume?.request(nameless)).toBeUndefined();
    expect(a2a.cancel?.(nameless)).toBeUndefined();
  });

  it('cancels no task that is over', () => {
    const over = result({ state: 'TASK_STATE_COMPLETED' });

    expect(a2a.cancel?.(placeOf(post('/message:stream', {}), over))).toBeUndefined();
  });
});
