import { type MockUpstreams, mockUpstreams, type MockUpstreamsOptions } from '@linkspan/testkit';
import { onTestFinished } from 'vitest';

/** Upstreams that are closed when the test is over. */
export async function startUpstreams(options?: MockUpstreamsOptions): Promise<MockUpstreams> {
  const upstreams = await mockUpstreams(options);
  onTestFinished(() => upstreams.close());
  return upstreams;
}
