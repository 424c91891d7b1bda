// How much memory is held after a load of a hundred requests at a time (G4), and by a stream that is
// open and silent (G8)? A fresh process each.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { quantile } from './measure.ts';
import type { Question } from './question.ts';
import { startServer } from './start-server.ts';

const clients = ['undici.request', 'linkspan'] as const;

function measureOnce(client: string, origin: string, mode: string, units: number): Promise<number> {
  const script = fileURLToPath(new URL('./http-memory-load.ts', import.meta.url));
  const args = [...process.execArgv, script, client, origin, mode, String(units)];
  // Not spawnSync's own event loop: the server runs in another process.
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The load of ${client} ended with status ${status}: ${stderr}`);
  return Promise.resolve(Number(stdout));
}

export const httpMemory: Question = {
  asks: 'RSS after a load (G4) and heap of an open, silent stream (G8)',
  async run({ brief }) {
    const server = await startServer();
    for (const [mode, units, unit] of [
      ['load', brief ? 1000 : 60_000, 'MiB RSS after the load'],
      ['idle', brief ? 50 : 1000, 'KiB heap a stream'],
    ] as const) {
      const samples = new Map<string, number[]>(clients.map((client) => [client, []]));
      for (let round = 0; round < (brief ? 1 : 5); round += 1) {
        for (const client of clients) {
          samples.get(client)?.push(await measureOnce(client, server.origin, mode, units));
        }
      }
      const reference = quantile(samples.get('undici.request') as number[], 0.5);
      for (const [client, values] of samples) {
        const median = quantile(values, 0.5);
        console.log(
          `${client.padEnd(15)} ${median.toFixed(1).padStart(7)} ${unit}  ${(median / reference).toFixed(2)} x`,
        );
      }
    }
    await server.stop();
  },
};
