import { parseFlags } from '../src/command-line/flags.ts';
import { resolveSettings } from '../src/command-line/settings.ts';
import { Interruption } from '../src/interruption.ts';
import type { Report } from '../src/report/report.ts';
import { run } from '../src/run.ts';

/** What a run in the process of the test came to. */
export interface RanHere {
  readonly report: Report;
  /** What people were told. */
  readonly notes: readonly string[];
}

/** What a run is in. */
export interface RunHereOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly interruption?: Interruption;
  readonly onNote?: (line: string) => void;
}

/** Does what the program does, without a process of its own: for all but signals and exit statuses. */
export async function runHere(
  args: readonly string[],
  { env = {}, interruption = new Interruption(), onNote }: RunHereOptions = {},
): Promise<RanHere> {
  const notes: string[] = [];
  const report = await run(resolveSettings(parseFlags(args), env), {
    env,
    interruption,
    note: (line) => {
      notes.push(line);
      onNote?.(line);
    },
    screen: { write: () => {} },
  });
  return { report, notes };
}
