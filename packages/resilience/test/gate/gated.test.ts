import { describe, expect, it } from 'vitest';
import { gated } from '../../src/gate/gated.ts';
import { answer, context, gateOf, get, type Manner, refusal } from './gate-scene.ts';

const sendWith = async (manner: Manner, send: () => Promise<typeof answer>) => {
  const told: string[] = [];
  const layer = gated(gateOf('gate', manner, told));
  const result = await layer(() => {
    told.push('sent');
    return send();
  })(get, context).then(
    ({ status }) => status,
    (error: unknown) => error,
  );
  return { told, result };
};
const answers = async () => answer;
const reset = new Error('reset');

describe('gated()', () => {
  it.each(['at once', 'late'] as const)(
    'sends what is let through %s, and tells the pass of the answer and of the failure',
    async (manner) => {
      expect(await sendWith(manner, answers)).toEqual({
        told: ['gate admits', 'sent', 'gate answered 200'],
        result: 201,
      });
      expect(await sendWith(manner, () => Promise.reject(reset))).toEqual({
        told: ['gate admits', 'sent', 'gate failed: reset'],
        result: reset,
      });
    },
  );

  it('sends what need not wait before the caller goes on', () => {
    const told: string[] = [];
    const answered = gated(gateOf('gate', 'at once', told))(answers)(get, context);

    expect(told).toEqual(['gate admits']);
    return answered;
  });

  it.each(['throws', 'rejects'] as const)('sends nothing when the gate %s', async (manner) => {
    expect(await sendWith(manner, answers)).toEqual({ told: ['gate admits'], result: refusal });
  });

  it('tells the pass of a layer that throws instead of rejecting', async () => {
    const send = (): never => {
      throw reset;
    };

    expect(await sendWith('at once', send)).toEqual({
      told: ['gate admits', 'sent', 'gate failed: reset'],
      result: reset,
    });
  });

  it('tells the pass when it breaks at the answer, so that it can let go of what it holds', async () => {
    expect(await sendWith('breaks', answers)).toEqual({
      told: ['gate admits', 'sent', 'gate answered 200', 'gate failed: refused'],
      result: refusal,
    });
  });

  it.each(['throws', 'rejects', 'breaks'] as const)(
    'gives a call that has failed to who recovers it: the gate %s',
    async (manner) => {
      const recovered: unknown[] = [];
      const send = gated(gateOf('gate', manner, []), async (request, its, error) => {
        recovered.push(request, its, error);
        return answer;
      })(answers);

      expect(await send(get, context)).toBe(answer);
      expect(recovered).toEqual([get, context, refusal]);
    },
  );
});
