import { adaptiveConcurrency } from '@linkspan/resilience';
import { describe, it } from 'vitest';
import { expectSameAsModel } from '../expect-same-as-model.ts';
import { AdmissionModel, AdmissionScene, admissionSteps, type Answer } from './admission-model.ts';

const LATENCY_MS = 50;
const [INITIAL, MOST] = [2, 4];

/** Additive increase, multiplicative decrease. */
class AdaptiveModel extends AdmissionModel {
  #limit: number = INITIAL;
  #era = 0;

  override get limit(): number {
    return Math.floor(this.#limit);
  }

  override get era(): number {
    return this.#era;
  }

  override learn(call: { readonly sentAt: number; readonly era: number }, answer: Answer): void {
    const isSlow = answer !== 'breaks' && this.now - call.sentAt > LATENCY_MS;
    if (answer === 'succeeds' && !isSlow) {
      if (2 * this.inside < this.#limit) return;
      this.#limit = Math.min(MOST, this.#limit + 1 / this.#limit);
    } else if (call.era === this.#era) {
      this.#limit = Math.max(1, this.#limit * 0.5);
      this.#era += 1;
    }
  }
}

describe('adaptiveConcurrency()', () => {
  it('has the limit that its model has, whatever comes in whatever order', async () => {
    await expectSameAsModel<AdmissionModel, AdmissionScene>({
      name: 'adaptiveConcurrency()',
      count: 1500,
      steps: admissionSteps,
      begin: () => ({
        model: new AdaptiveModel(3),
        real: new AdmissionScene(
          adaptiveConcurrency({
            initialLimit: INITIAL,
            maxLimit: MOST,
            backoffRatio: 0.5,
            latencyMs: LATENCY_MS,
            maxQueue: 3,
          }),
        ),
      }),
    });
  });
});
