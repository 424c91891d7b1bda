import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError } from '@linkspan/core';
import type { Cassette } from './cassette.ts';
import { parseCassette } from './parse-cassette.ts';

/**
 * Writes a cassette to a file, and the folders on the way to it. The file is whole or not there: it
 * is written beside its place, and then moved.
 */
export async function saveCassette(path: string, cassette: Cassette): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(`${JSON.stringify(cassette, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Reads a cassette from a file.
 *
 * @throws ConfigurationError when the file is no cassette of the version that is played, and what
 * the file system throws when it cannot be read.
 */
export async function loadCassette(path: string): Promise<Cassette> {
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(`Cannot read the cassette of ${path}: it is not JSON`, {
      code: 'cassette',
      cause,
    });
  }
  return parseCassette(value, path);
}
