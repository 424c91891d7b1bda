import { type Client, createClient, type TransportRequest } from '@linkspan/core';
import { type StdioOptions, stdioTransport } from '@linkspan/example-transport-stdio';
import { onTestFinished } from 'vitest';

/** How a program begins that takes messages, and says some. */
const BEGIN = `
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const take = (take) => require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => take(JSON.parse(line)));
`;

export function options(program: string, more: Partial<StdioOptions> = {}): StdioOptions {
  return { command: process.execPath, args: ['-e', BEGIN + program], graceMs: 200, ...more };
}

export function clientOf(program: string, more?: Partial<StdioOptions>): Client {
  const client = createClient({
    transport: stdioTransport(options(program, more)),
    ownTransport: true,
    retry: { maxRetries: 0 },
  });
  onTestFinished(() => client.close());
  return client;
}

export const call = (
  id: number,
  method: string = 'ask',
  params: object = {},
): TransportRequest => ({
  operation: 'POST',
  target: '',
  payload: { kind: 'value' as const, value: { jsonrpc: '2.0', id, method, params } },
});
