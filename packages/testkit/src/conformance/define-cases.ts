import type { ConformanceCase, Need, PromiseNumber } from './conformance-case.ts';
import { Trial } from './trial.ts';
import { failOnUnhandled } from './unhandled.ts';

/** How a case is written inside the kit. */
export interface CaseDefinition {
  readonly id: string;
  readonly title: string;
  readonly needs?: readonly Need[];
  run(trial: Trial): Promise<void>;
}

/** The patience of a case whose caller says nothing else. */
export const PATIENCE_MS = 10_000;

/** Makes cases about one promise. All of them fail when they leave an error that nobody handles. */
export function defineCases(
  promise: PromiseNumber,
  definitions: readonly CaseDefinition[],
): readonly ConformanceCase[] {
  return definitions.map((definition) => ({
    id: `p${promise}-${definition.id}`,
    promise,
    title: definition.title,
    needs: definition.needs ?? [],
    run: async (stage, { patienceMs = PATIENCE_MS } = {}) => {
      await failOnUnhandled(() => definition.run(new Trial(stage, patienceMs)));
    },
  }));
}
