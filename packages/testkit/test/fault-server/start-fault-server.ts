import { faultServer, type FaultServer, type FaultServerOptions } from '@linkspan/testkit';
import { onTestFinished } from 'vitest';

/** A fault server that closes with the test. */
export async function startFaultServer(options?: FaultServerOptions): Promise<FaultServer> {
  const server = await faultServer(options);
  onTestFinished(() => server.close());
  return server;
}
