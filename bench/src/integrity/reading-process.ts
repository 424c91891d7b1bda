import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ReadOrder, ReadResult } from './read-in-child.ts';

/** What a reading came to: a result, no result in time, or the end of the process. */
export type Reading = ReadResult | 'hang' | 'crash';

/** A client in a process of its own, which is replaced when it breaks. */
export class ReadingProcess {
  readonly #arguments: readonly string[];
  readonly #limitMs: number;
  #child: ChildProcess | undefined;

  constructor(side: 'linkspan' | 'official', position: number, limitMs: number) {
    this.#arguments = [side, String(position)];
    this.#limitMs = limitMs;
  }

  async read(order: ReadOrder): Promise<Reading> {
    const child = (this.#child ??= await this.#start());
    const result = Promise.withResolvers<Reading>();
    const onMessage = (message: ReadResult): void => result.resolve(message);
    const onExit = (): void => result.resolve('crash');
    const timer = setTimeout(() => result.resolve('hang'), this.#limitMs * order.times);
    child.on('message', onMessage).on('exit', onExit);
    child.send(order);
    const reading = await result.promise;
    clearTimeout(timer);
    child.off('message', onMessage).off('exit', onExit);
    if (typeof reading === 'string') this.stop();
    return reading;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(new URL('read-in-child.ts', import.meta.url), this.#arguments, {
      execArgv: ['--conditions=@linkspan/source'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await once(child, 'message');
    return child;
  }
}
