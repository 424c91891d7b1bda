import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface BenchServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts a peer in a process of its own. */
export async function startServer(script = './server.ts'): Promise<BenchServer> {
  const child: ChildProcess = fork(new URL(script, import.meta.url), { execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  return {
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}
