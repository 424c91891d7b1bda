import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** What one process has compiled, the next one need not: most of what starting one takes. */
const CACHE = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));

/** What a run of the program came to. */
export interface Ended {
  /** The exit status; `null` when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the program is started. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process as soon as there is one. */
  readonly started?: (child: ChildProcess) => void;
  /** What the shell does before the program: `ulimit -f 8`. */
  readonly before?: string;
  /** What is run in the place of the program. */
  readonly file?: string;
}

/** Runs the program to its end, in an environment of its own. */
export async function runDispatch(
  args: readonly string[],
  { env = {}, started, before, file: program = MAIN }: RunOptions = {},
): Promise<Ended> {
  const command = [process.execPath, '--conditions=@linkspan/source', program, ...args];
  const [file = '', ...rest] = before
    ? ['sh', '-c', `${before}; exec "$@"`, 'sh', ...command]
    : command;
  const child = spawn(file, rest, {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  started?.(child);
  const [stdout, stderr, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { status, signal, stdout, stderr };
}
