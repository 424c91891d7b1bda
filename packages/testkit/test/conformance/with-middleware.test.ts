import type { Middleware } from '@linkspan/core';
import { memoryFixture, withMiddleware } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { contextOf } from '../transport-call.ts';

const seen: string[] = [];

function noting(name: string): Middleware {
  return (next) => async (request, context) => {
    seen.push(name);
    return await next(request, context);
  };
}

describe('withMiddleware()', () => {
  it('sends through the layers, the first of them outermost', async () => {
    const fixture = memoryFixture({
      wrap: (transport) => withMiddleware(transport, [noting('first'), noting('second')]),
    });
    const { transport, request, close } = await fixture.open();
    const { body } = await transport.send(request({ kind: 'answer', chunks: [] }), contextOf());
    await body.cancel();
    await transport.close();
    await close();

    expect(seen).toEqual(['first', 'second']);
    expect(transport.name).toBe('memory');
  });
});
