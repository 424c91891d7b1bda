import { bulkhead } from '@linkspan/resilience';
import { describe, it } from 'vitest';
import { expectSameAsModel } from '../expect-same-as-model.ts';
import { AdmissionModel, AdmissionScene, admissionSteps } from './admission-model.ts';

class BulkheadModel extends AdmissionModel {
  override get limit(): number {
    return 2;
  }
}

describe('bulkhead()', () => {
  it('lets in whose turn it is, and nobody else, whatever comes in whatever order', async () => {
    await expectSameAsModel<AdmissionModel, AdmissionScene>({
      name: 'bulkhead()',
      count: 1500,
      steps: admissionSteps,
      begin: () => ({
        model: new BulkheadModel(3),
        real: new AdmissionScene(bulkhead({ limit: 2, maxQueue: 3 })),
      }),
    });
  });
});
