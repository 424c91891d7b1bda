import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Body,
  ConfigurationError,
  MessageTooLargeError,
  TransportError,
} from '@linkspan/core';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { download, type DownloadProgress, type DownloadSource } from '../../src/client/download.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linkspan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** An answer whose body notes when its wire is free. */
function answer(
  chunks: Iterable<string | Error>,
  headers: Record<string, string> = {},
): DownloadSource & { isFree: boolean } {
  async function* read(): AsyncGenerator<Uint8Array, undefined> {
    try {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield Buffer.from(chunk);
      }
    } finally {
      response.isFree = true;
    }
    return undefined;
  }
  const body = { [Symbol.asyncIterator]: read } as unknown as Body;
  const response = { status: 200, headers, isFree: false, body };
  return response;
}

describe('download()', () => {
  it('saves the answer and tells how far it is', async () => {
    const path = join(folder, 'a.txt');
    const seen: DownloadProgress[] = [];

    const saved = await download(async () => answer(['ab', 'c'], { 'content-length': '3' }), path, {
      onProgress: (progress) => seen.push(progress),
    });

    expect(await readFile(path, 'utf8')).toBe('abc');
    expect(saved).toMatchObject({ path, bytes: 3, status: 200 });
    expect(seen).toEqual([
      { receivedBytes: 2, totalBytes: 3 },
      { receivedBytes: 3, totalBytes: 3 },
    ]);
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('takes a file URL, and saves an empty answer', async () => {
    const path = join(folder, 'empty');

    const saved = await download(async () => answer([]), pathToFileURL(path));

    expect(saved).toMatchObject({ path, bytes: 0 });
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('tells no total for a compressed answer, whose length is another', async () => {
    const seen: DownloadProgress[] = [];
    const headers = { 'content-length': '3', 'content-encoding': 'gzip' };

    await download(async () => answer(['abcdef'], headers), join(folder, 'a'), {
      onProgress: (progress) => seen.push(progress),
    });

    expect(seen).toEqual([{ receivedBytes: 6 }]);
  });

  it('leaves the old file, and nothing else, when the answer is cut', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    const cut = new TransportError('Cut');

    await expect(download(async () => answer(['ab', cut]), path)).rejects.toBe(cut);

    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('replaces the old file only when all of the new one is there', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    const during: string[] = [];

    await download(async () => answer(['ab', 'c']), path, {
      onProgress: () => during.push(readFileSync(path, 'utf8')),
    });

    expect(during).toEqual(['old', 'old']);
    expect(await readFile(path, 'utf8')).toBe('abc');
  });

  it('stops at maxBytes and frees the wire', async () => {
    const response = answer(['abc', 'def', 'ghi']);
    const failure = download(async () => response, join(folder, 'a'), { maxBytes: 5 });

    await expect(failure).rejects.toThrow(MessageTooLargeError);
    expect(response.isFree).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails with what the progress callback throws, and leaves nothing', async () => {
    const cause = new Error('The bar is broken');
    const failure = download(async () => answer(['abc']), join(folder, 'a'), {
      onProgress: () => {
        throw cause;
      },
    });

    await expect(failure).rejects.toBe(cause);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [5, undefined, 'path: expected the path of a file, or a file: URL, found 5'],
    ['', undefined, 'found ""'],
    [new URL('https://a.test/b'), undefined, 'found a URL with https:'],
    ['a', { maxBytes: -1 }, 'maxBytes: expected a number of 0 or more'],
    ['a', { onProgress: 5 }, 'onProgress: expected a function'],
  ])(
    'refuses the path %j with the options %j, and sends nothing',
    async (path, options, message) => {
      const request = vi.fn<() => Promise<DownloadSource>>();
      const saving = download(request, path as never, options as never);

      await expect(saving).rejects.toThrow(ConfigurationError);
      await expect(saving).rejects.toThrow(message);
      expect(request).not.toHaveBeenCalled();
    },
  );

  it('sends nothing when the file cannot be written', async () => {
    let sent = false;
    const failure = download(
      async () => {
        sent = true;
        return answer([]);
      },
      join(folder, 'none', 'a'),
    );

    await expect(failure).rejects.toMatchObject({ code: 'file', sent: 'no' });
    expect(sent).toBe(false);
  });

  it('leaves nothing when the request fails', async () => {
    const failed = new TransportError('No answer');

    await expect(download(() => Promise.reject(failed), join(folder, 'a'))).rejects.toBe(failed);
    expect(await readdir(folder)).toEqual([]);
  });
});
