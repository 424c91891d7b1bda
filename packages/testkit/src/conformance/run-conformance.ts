import { type Capabilities, parseSettings, setting, type SettingsTable } from '@linkspan/core';
import { checkFixture } from './check-fixture.ts';
import type { CaseOptions } from './conformance-case.ts';
import { conformanceCases } from './conformance-cases.ts';
import { PATIENCE_MS } from './define-cases.ts';
import type { ConformanceFixture } from './fixture.ts';
import { type CaseResult, runCase } from './run-case.ts';
import { KIT_VERSION } from './kit-version.ts';

/** How {@link runConformance} runs. */
export interface ConformanceOptions extends CaseOptions {
  /** Ids of cases, or what they begin with (`'p4'`). @default every case */
  readonly only?: readonly string[];
  /** Ends the run before its next case. */
  readonly signal?: AbortSignal;
}

interface ConformanceSettings {
  readonly only: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
  readonly patienceMs: number;
}

const table: SettingsTable<ConformanceSettings, ConformanceOptions> = {
  only: setting.custom<readonly string[]>({
    optional: true,
    expected: "a list of ids of cases, or what they begin with: ['p4', 'p6-drains']",
    check: (value, report) => {
      if (!Array.isArray(value)) return undefined;
      for (const start of value) {
        if (typeof start !== 'string') return undefined;
        if (!conformanceCases().some(({ id }) => id.startsWith(start))) {
          report(`expected the beginning of an id, found '${start}', with which none begins`);
        }
      }
      return value as readonly string[];
    },
  }),
  signal: setting.custom<AbortSignal>({
    optional: true,
    expected: 'an AbortSignal',
    check: (value) => (value instanceof AbortSignal ? value : undefined),
  }),
  patienceMs: setting.durationMs({ default: PATIENCE_MS, finite: true }),
};

/** What a transport was found to keep, as plain JSON. */
export interface ConformanceReport {
  /** The version of the kit. */
  readonly kit: string;
  /** What the fixture calls the transport. */
  readonly transport: string;
  readonly capabilities: Capabilities;
  /** Whether every case was run: a report on some of them proves nothing about the others. */
  readonly isComplete: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cases: readonly CaseResult[];
}

/**
 * Proves a transport: checks the fixture, runs the cases one after another, each on a stage of its
 * own, and tells what became of them.
 *
 * @throws FixtureError when the fixture does not do what it has to.
 * @throws ConfigurationError for options that are not right: `only` has to name cases that exist.
 * @throws `signal.reason`
 */
export async function runConformance(
  fixture: ConformanceFixture,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const { only, signal, patienceMs } = parseSettings('runConformance()', table, options);
  const caseOptions = { patienceMs };
  const all = conformanceCases();
  const chosen = all.filter(({ id }) => only?.some((start) => id.startsWith(start)) ?? true);
  signal?.throwIfAborted();
  const capabilities = await checkFixture(fixture, caseOptions);
  const cases: CaseResult[] = [];
  for (const conformanceCase of chosen) {
    signal?.throwIfAborted();
    // oxlint-disable-next-line no-await-in-loop -- what one case leaves is not for the next to find
    cases.push((await runCase(fixture, conformanceCase, caseOptions)).result);
  }
  const count = (status: CaseResult['status']): number =>
    cases.filter((result) => result.status === status).length;
  return {
    kit: KIT_VERSION,
    transport: fixture.name,
    capabilities,
    isComplete: chosen.length === all.length,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    cases,
  };
}
