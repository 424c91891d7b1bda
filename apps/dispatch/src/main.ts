import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from 'linkspan';
import { callersFolder } from './command-line/callers-folder.ts';
import { parseFlags } from './command-line/flags.ts';
import { helpText } from './command-line/help.ts';
import { Interruption } from './interruption.ts';
import { OutputError } from './output/journal.ts';
import { printReport } from './report/print-report.ts';
import { run } from './run.ts';
import { resolveSettings, type Settings } from './command-line/settings.ts';
import { UsageError } from './command-line/usage-error.ts';

const COULD_NOT_FINISH = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;
const TERMINATED = 143;

/** Runs the program and gives its exit status. */
async function main(args: readonly string[]): Promise<number> {
  const parsed = parseFlags(args);
  if (parsed.options['help'] !== undefined) return print(helpText());
  if (parsed.options['version'] !== undefined) return print(`${version()}\n`);
  const settings = withPaths(resolveSettings(parsed, process.env));

  const interruption = new Interruption();
  let isTerminated = false;
  const onInterrupt = (): void => {
    const step = interruption.interrupt();
    if (step === 'finishing') {
      note('interrupted: the rows in flight are finished; interrupt again to leave them');
    } else if (step === 'aborting') note('interrupted again: the rows in flight are left');
  };
  const onTerminate = (): void => {
    isTerminated = true;
    interruption.abort();
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  try {
    const report = await run(settings, {
      env: process.env,
      interruption,
      note,
      screen: process.stderr,
    });
    print(settings.json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report));
    if (report.unanswered === 0) return 0;
    return isTerminated ? TERMINATED : INTERRUPTED;
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  }
}

function withPaths(settings: Settings): Settings {
  const folder = callersFolder(process.env, fileURLToPath(import.meta.url), process.cwd());
  const { input, output } = settings;
  return {
    ...settings,
    input: input === undefined || input === '-' ? input : resolve(folder, input),
    output: resolve(folder, output),
  };
}

function version(): string {
  const manifest = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

/** On a terminal the line of the progress gives way. */
function note(line: string): void {
  const { stderr } = process;
  stderr.write(stderr.isTTY ? `\r\u001b[2K${line}\n` : `${line}\n`);
}

/** What went wrong, as the user is told it. A defect of the program is shown whole. */
function explain(error: unknown): string {
  const isExpected =
    error instanceof UsageError ||
    error instanceof OutputError ||
    error instanceof ConfigurationError;
  return isExpected ? error.message : `This should not have happened: ${inspectError(error)}`;
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// A reader that has seen enough, such as `head`, closes the pipe: the answers are in the output.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  note(explain(error));
  const isUsage = error instanceof UsageError || error instanceof ConfigurationError;
  process.exitCode = isUsage ? WRONG_USAGE : COULD_NOT_FINISH;
}
