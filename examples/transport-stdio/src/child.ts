import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Clock, Lock, systemClock } from '@linkspan/concurrency';
import { hideSecrets, redactText } from '@linkspan/core';
import { startFailure } from './errors.ts';

/** Which program is run, and how. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** How long it may take to end by itself when its input is closed, and again at SIGTERM. */
  readonly graceMs: number;
}

/** How a process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it said on stderr, without what looks like a credential. */
  readonly stderr: string;
}

/** How much of stderr is kept. */
const STDERR_CHARS = 2_000;

/** How much may wait for a process that does not read, beside calls, which wait themselves. */
const MOST_UNREAD_CHARS = 1024 * 1024;

/** What any program needs of our environment. The rest, which may hold keys, is not handed on. */
const INHERITED = ['PATH', 'HOME', 'USER', 'SHELL', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TZ'];
const INHERITED_ON_WINDOWS = ['SYSTEMROOT', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'USERPROFILE'];

/** One child process, with its pipes. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #command: Command;
  readonly #clock: Clock = systemClock;
  /** Those who write wait in their order, and one of them for room. */
  readonly #writing = new Lock();
  #stderr = '';
  #closing: Promise<void> | undefined;
  /** Resolves when the process has ended and has nothing more to say. */
  readonly exit: Promise<ChildExit>;

  private constructor(command: Command, process: ChildProcessWithoutNullStreams) {
    this.#command = command;
    this.#process = process;
    // A pipe whose end is gone fails what is written: that the process ended tells enough.
    process.stdin.on('error', () => {});
    // It is told by whoever waits for the start; later, a signal that cannot be sent has no meaning.
    process.on('error', () => {});
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS);
    });
    this.exit = new Promise((resolve) => {
      process.once('close', (code, signal) => resolve({ code, signal, stderr: this.#said() }));
    });
    // A child of the child may hold the pipes open, and would keep us from ever seeing their end.
    process.once('exit', () => this.#endPipes());
  }

  /** @throws ConnectionError when the process cannot be started. */
  static async start(command: Command): Promise<Child> {
    const { command: file, args, cwd, env } = command;
    const process = spawn(file, [...args], {
      ...(cwd !== undefined && { cwd }),
      env: { ...inherited(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const child = new Child(command, process);
    try {
      await once(process, 'spawn');
    } catch (cause) {
      throw startFailure(cause);
    }
    return child;
  }

  /** What it writes. Whoever reads it slowly slows the process. */
  get output(): AsyncIterable<Buffer> {
    return this.#process.stdout;
  }

  /**
   * Writes as soon as there is room, and calls `onWrite` then: a process that does not read slows us.
   * Gives `false` when nothing was written, since the signal aborted before there was room, or the
   * process takes nothing any more.
   */
  async write(text: string, signal?: AbortSignal, onWrite?: () => void): Promise<boolean> {
    const { stdin } = this.#process;
    try {
      return await this.#writing.run(async () => {
        if (stdin.writableNeedDrain) await this.#drained(signal);
        if (!stdin.writable || signal?.aborted === true) return false;
        onWrite?.();
        stdin.write(text);
        return true;
      }, signal);
    } catch (error) {
      if (signal?.aborted === true) return false;
      throw error;
    }
  }

  /** Writes what nobody waits for, unless the process reads nothing anyway. */
  offer(text: string): void {
    const { stdin } = this.#process;
    if (stdin.writable && stdin.writableLength < MOST_UNREAD_CHARS) stdin.write(text);
  }

  /** Says that there is no more input. */
  endInput(): void {
    this.#process.stdin.end();
  }

  /** Ends it at once. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /**
   * Ends it as the specification of MCP has it: its input is closed, then it gets a SIGTERM, then a
   * SIGKILL. Resolves when it is gone. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.endInput();
    // What it has still to say is for nobody.
    this.#process.stdout.resume();
    if (await this.#ended()) return;
    this.#process.kill('SIGTERM');
    if (await this.#ended()) return;
    this.kill();
    await this.exit;
  }

  /** Whether it ends within the grace. */
  async #ended(): Promise<boolean> {
    const { graceMs } = this.#command;
    const late = Promise.withResolvers<boolean>();
    const timer = this.#clock.setTimeout(() => late.resolve(false), graceMs);
    try {
      return await Promise.race([this.exit.then(() => true), late.promise]);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  async #drained(signal: AbortSignal | undefined): Promise<void> {
    const { stdin } = this.#process;
    const over = new AbortController();
    const signals = signal === undefined ? [over.signal] : [over.signal, signal];
    const options = { signal: AbortSignal.any(signals) };
    try {
      await Promise.race([once(stdin, 'drain', options), once(stdin, 'close', options)]);
    } catch {
      // The pipe broke, or the caller has left: who waited looks again.
    } finally {
      over.abort();
    }
  }

  #endPipes(): void {
    const { stdout, stderr } = this.#process;
    const end = (): void => {
      stderr.destroy();
      // What has come has a reader who takes his time.
      if (stdout.readableLength === 0) stdout.destroy();
      else timer = this.#clock.setTimeout(end, this.#command.graceMs);
    };
    let timer = this.#clock.setTimeout(end, this.#command.graceMs);
    this.#process.once('close', () => this.#clock.clearTimeout(timer));
  }

  #said(): string {
    const secrets = Object.values(this.#command.env);
    return redactText(hideSecrets(this.#stderr, secrets)).trim();
  }
}

function inherited(): Record<string, string> {
  const names = process.platform === 'win32' ? [...INHERITED, ...INHERITED_ON_WINDOWS] : INHERITED;
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
