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
  const hold = (part: Uint8Array): void => {
    held.push(part);
    heldBytes += part.length;
    if (heldBytes > maxBytes) throw tooLarge(maxBytes);
  };
  const take = (): string => {
    const line = Buffer.concat(held).toString('utf8').replace(/\r$/, '');
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      hold(chunk.subarray(from, to));
      from = to + 1;
      const line = take();
      if (line !== '') yield line;
    }
    hold(chunk.subarray(from));
  }
  const rest = take();
  if (rest !== '') yield rest;
}

function tooLarge(maxBytes: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `Cannot read the message: it has more than ${maxBytes} bytes (maxMessageBytes)`,
    { transport: 'stdio' },
  );
}
