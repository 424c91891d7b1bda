import { gemini, type GeminiFunctionCall, type GeminiPartialArg } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream, type ReadStream } from '../read-stream.ts';
import { sseOf } from '../sse-text.ts';

const stop = { candidates: [{ finishReason: 'STOP' }] };

function calls(...pieces: readonly GeminiFunctionCall[]): object[] {
  return pieces.map((functionCall) => ({
    candidates: [{ content: { parts: [{ functionCall }] } }],
  }));
}

/** A piece of a call that goes on. */
function arg(jsonPath: string, rest: Omit<GeminiPartialArg, 'jsonPath'>): GeminiFunctionCall {
  return { partialArgs: [{ jsonPath, ...rest }], willContinue: true };
}

/** Reads a call whose arguments come in these pieces. */
async function readCall(...pieces: readonly GeminiFunctionCall[]): Promise<string | undefined> {
  const wire = sseOf(...calls({ name: 'f', willContinue: true }, ...pieces, {}), stop);
  const { partial, error } = await readStream(wire, gemini);
  expect(error).toBeUndefined();
  return partial.toolCalls[0]?.arguments;
}

describe('function calls in pieces', () => {
  it('become whole, one after the other', async () => {
    const { partial } = await readStream(
      sseOf(
        ...calls(
          { name: 'getWeather', willContinue: true },
          arg('$.location', { stringValue: 'Bos', willContinue: true }),
          arg('$.location', { stringValue: 'ton', willContinue: true }),
          arg('$.location', { stringValue: '' }),
          {},
          { name: 'getWeather', id: 'c2', willContinue: true },
          { partialArgs: [{ jsonPath: '$.location', stringValue: 'Rome' }] },
          { name: 'now', args: {} },
        ),
        stop,
      ),
      gemini,
    );

    expect(partial.toolCalls).toEqual([
      { id: '', name: 'getWeather', arguments: '{"location":"Boston"}' },
      { id: 'c2', name: 'getWeather', arguments: '{"location":"Rome"}' },
      { id: '', name: 'now', arguments: '{}' },
    ]);
  });

  it('keep lists, names of any kind, and every kind of value', async () => {
    const args = await readCall(
      arg('$.list[0].name', { stringValue: 'a' }),
      arg('$.list[0].price', { numberValue: 0.5 }),
      arg('$.list[1].name', { stringValue: 'b' }),
      arg("$['a.b']", { boolValue: false }),
      arg('$["c d"].e', { nullValue: 'NULL_VALUE' }),
      { willContinue: true },
    );

    expect(JSON.parse(args ?? '')).toEqual({
      list: [{ name: 'a', price: 0.5 }, { name: 'b' }],
      'a.b': false,
      'c d': { e: null },
    });
  });

  it('put a value that is told anew in the place of the old', async () => {
    expect(await readCall(arg('$.a', { stringValue: 'x' }), arg('$.a', { stringValue: 'y' }))).toBe(
      '{"a":"y"}',
    );
  });

  it('are whole when the model has finished, without a last piece', async () => {
    const { partial } = await readStream(
      sseOf(...calls({ name: 'f', willContinue: true }, arg('$.a', { numberValue: 1 })), stop),
      gemini,
    );

    expect(partial.toolCalls[0]?.arguments).toBe('{"a":1}');
  });

  it('are whole as soon as no more of them follows', async () => {
    const last = { partialArgs: [{ jsonPath: '$.a', numberValue: 1 }] };
    const ended = calls({ name: 'f', willContinue: true }, last);

    const { partial } = await readStream(sseOf(...ended), gemini);
    const { error } = await readStream(sseOf(...ended, ...calls(last)), gemini);

    expect(partial.toolCalls[0]?.arguments).toBe('{"a":1}');
    expect(error).toMatchObject({ code: 'unknown_call' });
  });

  it('do not look whole when they were cut', async () => {
    const cut = async (...pieces: GeminiFunctionCall[]): Promise<string | undefined> => {
      const wire = sseOf(...calls({ name: 'f', willContinue: true }, ...pieces));
      return (await readStream(wire, gemini)).partial.toolCalls[0]?.arguments;
    };

    expect(await cut()).toBe('');
    expect(await cut(arg('$.a', { stringValue: 'Bos', willContinue: true }))).toBe('{"a":"Bos');
    expect(await cut(arg('$.a[0].b', { numberValue: 1 }))).toBe('{"a":[{"b":1');
  });

  it('keep hostile names to themselves', async () => {
    const args = await readCall(
      arg('$.__proto__.polluted', { boolValue: true }),
      arg('$.constructor.prototype.polluted', { boolValue: true }),
    );

    expect(args).toBe(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  async function readPath(jsonPath: unknown): Promise<ReadStream<unknown, unknown>> {
    const piece = { partialArgs: [{ jsonPath, numberValue: 1 }] } as GeminiFunctionCall;
    return await readStream(
      sseOf(...calls({ name: 'f', willContinue: true }, piece), stop),
      gemini,
    );
  }

  it.each([
    ['$'],
    ['a'],
    ['$.'],
    ['$..a'],
    ['$.list[4294967295]'],
    ['$.list[1]'],
    ['$.list[-1]'],
    ['$[0]'],
    ['$.a b['],
    [`$${'.a'.repeat(65)}`],
    [7],
    [undefined],
  ])('fail at the path %j, which leads nowhere', async (path) => {
    const { error } = await readPath(path);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'bad_partial_args' });
  });

  it('fail at a piece within a value that has no parts', async () => {
    const { error } = await readStream(
      sseOf(
        ...calls(
          { name: 'f', willContinue: true },
          arg('$.a', { numberValue: 1 }),
          arg('$.a.b', { numberValue: 1 }),
        ),
      ),
      gemini,
    );

    expect(error).toMatchObject({ code: 'bad_partial_args' });
  });

  it('fail when their beginning is missing, or there is no end of them', async () => {
    const lost = await readStream(sseOf(...calls(arg('$.a', { numberValue: 1 }))), gemini);
    const many = await readStream(
      sseOf(...calls(...Array.from({ length: 1025 }, () => ({ name: 'f' })))),
      gemini,
    );

    expect(lost.error).toMatchObject({ name: 'ProtocolError', code: 'unknown_call' });
    expect(many.error).toMatchObject({ name: 'ProtocolError', code: 'too_many_tool_calls' });
  });
});
