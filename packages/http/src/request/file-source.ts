import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '@linkspan/core';

/** A file on disk as part of a form. It is opened anew for every attempt, and never held in memory. */
export interface FileSource {
  readonly name: string;
  readonly type: string | undefined;
  readonly byteLength: number;
  open(): AsyncIterable<Uint8Array>;
}

/**
 * The file at a path, to be sent in a form. Its size is read now: a file that changes before it was
 * sent fails the request, and never sends a body of another length than was told.
 *
 * @throws ConfigurationError when there is no regular file at the path.
 */
export async function fileFromPath(
  path: string | URL,
  options: { readonly name?: string | undefined; readonly type?: string | undefined } = {},
): Promise<FileSource> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw refuse(path, cause instanceof Error && 'code' in cause ? String(cause.code) : 'no file');
  });
  if (!facts.isFile()) throw refuse(path, 'no regular file');
  const name = options.name ?? basename(path instanceof URL ? fileURLToPath(path) : path);
  return {
    name,
    type: options.type,
    byteLength: facts.size,
    open: () => createReadStream(path),
  };
}

function refuse(path: string | URL, found: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot read the file ${String(path)}: expected a regular file, found ${found}`,
  );
}
