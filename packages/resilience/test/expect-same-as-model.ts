import * as fc from 'fast-check';

/** `LINKSPAN_MODEL_STEPS=100000` for a long run. */
const longRun = process.env['LINKSPAN_MODEL_STEPS'];

/** One step: what it is to do to the model and to the real thing, and what to compare. */
export interface Step<Model extends object, Real> {
  /** Whether it can be taken now. @default always */
  check?(model: Readonly<Model>): boolean;
  run(model: Model, real: Real): void | Promise<void>;
  toString(): string;
}

export interface ModelRun<Model extends object, Real> {
  readonly name: string;
  readonly steps: readonly fc.Arbitrary<Step<Model, Real>>[];
  /** How many are taken in an ordinary test. */
  readonly count: number;
  readonly begin: () => { readonly model: Model; readonly real: Real };
}

/**
 * Takes random steps with a model and the real thing side by side, in runs of up to a hundred, until
 * as many were taken as are asked for.
 */
export async function expectSameAsModel<Model extends object, Real>(
  run: ModelRun<Model, Real>,
): Promise<void> {
  const wanted = Number(longRun ?? run.count);
  const counts = { taken: 0 };
  const counted = run.steps.map((arbitrary) =>
    arbitrary.map((step) => ({
      check: (model: Readonly<Model>) => step.check?.(model) ?? true,
      run: async (model: Model, real: Real) => {
        counts.taken += 1;
        await step.run(model, real);
      },
      toString: () => step.toString(),
    })),
  );
  const commands = fc.commands(counted, { size: 'max', maxCommands: 100 });
  const { seed = 0 } = fc.readConfigureGlobal();
  for (let slice = 0; counts.taken < wanted; slice += 1) {
    const property = fc.asyncProperty(commands, (steps) => fc.asyncModelRun(run.begin, steps));
    // oxlint-disable-next-line no-await-in-loop -- one slice after another
    await fc.assert(property, { numRuns: 20, seed: seed + slice });
  }
  if (longRun !== undefined) console.log(`${run.name}: ${counts.taken} steps`);
}
