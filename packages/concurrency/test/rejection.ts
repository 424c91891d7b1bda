/** What a promise is going to be rejected with, for tests that have to move a clock meanwhile. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('Expected the promise to be rejected');
}
