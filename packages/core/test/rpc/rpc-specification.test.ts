import type { RpcOptions } from '@linkspan/core/rpc';
import { describe, expect, it } from 'vitest';
import { call, invalid, servingScene } from './serving-scene.ts';

const arithmetic: RpcOptions['methods'] = {
  subtract: (params: [number, number] | { minuend: number; subtrahend: number }) =>
    Array.isArray(params) ? params[0] - params[1] : params.minuend - params.subtrahend,
  sum: (numbers: number[]) => numbers.reduce((total, each) => total + each, 0),
  get_data: () => ['hello', 5],
  update: () => {},
  notify_hello: () => {},
  notify_sum: () => {},
};
interface Answer {
  readonly id: unknown;
}

/** The answers of a batch may come in any order. */
function inOrder(answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer;
  return answer.toSorted(({ id: a }: Answer, { id: b }: Answer) =>
    String(a).localeCompare(String(b)),
  );
}

describe('serving, by the examples of the specification (section 7)', () => {
  it.each([
    [
      'positional parameters',
      '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}',
      [{ jsonrpc: '2.0', result: 19, id: 1 }],
    ],
    [
      'named parameters',
      '{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":3}',
      [{ jsonrpc: '2.0', result: 19, id: 3 }],
    ],
    ['a notification', '{"jsonrpc":"2.0","method":"update","params":[1,2,3,4,5]}', []],
    ['a notification of a method that is not there', '{"jsonrpc":"2.0","method":"foobar"}', []],
    [
      'a method that is not there',
      '{"jsonrpc":"2.0","method":"foobar","id":"1"}',
      [{ jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '1' }],
    ],
    [
      'invalid JSON',
      '{"jsonrpc":"2.0","method":"foobar,"params":"bar","baz]',
      [{ jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null }],
    ],
    [
      'an invalid request',
      '{"jsonrpc":"2.0","method":1,"params":"bar"}',
      [invalid("expected 'method' to be a string")],
    ],
    [
      'a batch of invalid JSON',
      '[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},{"jsonrpc":"2.0","method"]',
      [{ jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null }],
    ],
    ['an empty batch', '[]', [invalid('expected a batch of 1 to 1000, found 0')]],
    ['an invalid batch', '[1]', [[invalid('expected an object')]]],
    ['a longer invalid batch', '[1,2,3]', [[1, 2, 3].map(() => invalid('expected an object'))]],
    [
      'a batch',
      '[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},{"jsonrpc":"2.0","method":"notify_hello","params":[7]},{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"2"},{"foo":"boo"},{"jsonrpc":"2.0","method":"foo.get","params":{"name":"myself"},"id":"5"},{"jsonrpc":"2.0","method":"get_data","id":"9"}]',
      [
        [
          { jsonrpc: '2.0', result: 7, id: '1' },
          { jsonrpc: '2.0', result: 19, id: '2' },
          invalid("expected 'jsonrpc' to be '2.0'"),
          { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '5' },
          { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
        ],
      ],
    ],
    [
      'a batch of notifications',
      '[{"jsonrpc":"2.0","method":"notify_sum","params":[1,2,4]},{"jsonrpc":"2.0","method":"notify_hello","params":[7]}]',
      [],
    ],
  ])('answers %s', async (_what, message, answers) => {
    const { say } = servingScene({ methods: arithmetic });
    const said = await say(message);

    expect(said.map(inOrder)).toEqual(answers.map(inOrder));
  });

  it.each([
    [
      'a wrong version',
      { jsonrpc: '1.0', id: 4, method: 'sum' },
      invalid("expected 'jsonrpc' to be '2.0'", 4),
    ],
    [
      'parameters of another kind',
      { jsonrpc: '2.0', id: 4, method: 'sum', params: 'x' },
      invalid("expected 'params' to be an array or an object", 4),
    ],
    [
      'an id of another kind',
      { jsonrpc: '2.0', id: {}, method: 'sum' },
      invalid("expected 'id' to be a string, a number or null"),
    ],
    ['text that is no object', '"sum"', invalid('expected an object')],
    [
      'a method of the prototype',
      call(4, 'constructor'),
      { jsonrpc: '2.0', id: 4, error: { code: -32601, message: 'Method not found' } },
    ],
  ])('answers %s', async (_what, message, answer) => {
    const { say } = servingScene({ methods: arithmetic });
    expect(await say(message)).toEqual([answer]);
  });
});
