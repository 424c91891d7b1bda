import { applyMiddleware, type Send } from '@linkspan/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gated } from '../../src/gate/gated.ts';
import { gatesInTurn } from '../../src/gate/gates-in-turn.ts';
import { answer, context, gateOf, get, type Manner, refusal } from './gate-scene.ts';

const manners = fc.constantFrom<Manner>('at once', 'late', 'throws', 'rejects');

describe('gatesInTurn()', () => {
  it('are as if each were a layer of its own, the first outermost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(manners, { maxLength: 4 }), fc.boolean(), async (all, isDown) => {
        const told: string[][] = [[], []];
        const gates = (log: string[]) =>
          all.map((manner, index) => gateOf(`${index} ${manner}`, manner, log));
        const send: Send = async () => {
          if (isDown) throw new Error('down');
          return answer;
        };
        const asOne = gated(gatesInTurn(gates(told[0]!)))(send);
        const apart = applyMiddleware(
          send,
          gates(told[1]!).map((gate) => gated(gate)),
        );
        const results = await Promise.allSettled([asOne(get, context), apart(get, context)]);

        expect(results[0]).toEqual(results[1]);
        expect(told[0]).toEqual(told[1]);
      }),
    );
  });

  it('let go of what all of them hold when one breaks at the answer', async () => {
    const told: string[] = [];
    const gates = [gateOf('outer', 'breaks', told), gateOf('inner', 'at once', told)];

    await expect(gated(gatesInTurn(gates))(async () => answer)(get, context)).rejects.toBe(refusal);
    expect(told.slice(-2)).toEqual(['inner failed: refused', 'outer failed: refused']);
  });
});
