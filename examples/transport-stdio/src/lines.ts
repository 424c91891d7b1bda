import { MessageTooLargeError } from '@linkspan/core';

/**
 * The lines of a process, without their ends, in whatever pieces they come.
 *
 * @throws MessageTooLargeError over `maxBytes`. Half a line at the end is handed over as it is.
 */
export async function* lines(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string, undefined> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (part: Uint8Array): string => {
    const whole = Buffer.concat([...held, part]);
    held = [];
    heldBytes = 0;
    return whole.toString('utf8').replace(/\r$/, '');
  };
  for await (const chunk of source) {
    let from = 0;
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      const line = take(chunk.subarray(from, to));
      from = to + 1;
      if (line !== '') yield line;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > maxBytes) {
      throw new MessageTooLargeError(
        `Cannot read the message: it has more than ${maxBytes} bytes (maxMessageBytes)`,
        { transport: 'stdio' },
      );
    }
  }
  const rest = take(new Uint8Array());
  if (rest !== '') yield rest;
}
