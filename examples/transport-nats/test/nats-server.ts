import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Debian puts it where users do not look. */
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];

/** The path of `nats-server`, if this machine has it. */
export const natsServerPath: string | undefined = folders
  .map((folder) => join(folder, 'nats-server'))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** What to tell who has none. */
export const HOW_TO_GET_IT = 'needs nats-server: apt-get install nats-server, or brew install it';

/** A real server, on a free port of 127.0.0.1. */
export class NatsServer {
  readonly #process: ChildProcess;
  readonly #folder: string;
  /** What it has said so far. */
  log = '';
  port = 0;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  /** Starts one, with these lines of configuration. */
  static async start(...lines: readonly string[]): Promise<NatsServer> {
    if (natsServerPath === undefined) throw new Error(HOW_TO_GET_IT);
    const folder = mkdtempSync(join(tmpdir(), 'linkspan-nats-'));
    const config = join(folder, 'server.conf');
    writeFileSync(config, ['listen: "127.0.0.1:-1"', ...lines].join('\n'));
    const process = spawn(natsServerPath, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    const server = new NatsServer(process, folder);
    await new Promise<void>((resolve, reject) => {
      process.on('exit', () => reject(new Error(`nats-server ended: ${server.log}`)));
      // It is read on for good: a server that cannot write its log dies of it.
      process.stderr.on('data', (chunk) => {
        server.log += String(chunk);
        const port = /client connections on 127\.0\.0\.1:(\d+)/.exec(server.log)?.[1];
        if (port === undefined || !server.log.includes('Server is ready')) return;
        server.port = Number(port);
        resolve();
      });
    });
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends it, suddenly or in its own way. */
  async signal(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }

  async close(): Promise<void> {
    await this.signal('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
