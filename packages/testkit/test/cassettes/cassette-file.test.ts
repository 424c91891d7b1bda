import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, memoryTransport } from '@linkspan/core';
import { type Cassette, loadCassette, recordingTransport, saveCassette } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contextOf, textOf } from '../transport-call.ts';

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'linkspan-cassette-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function recorded(): Promise<Cassette> {
  const transport = recordingTransport(memoryTransport(() => ({ body: { id: 1 } })));
  await textOf(await transport.send({ operation: 'GET', target: '/' }, contextOf()));
  return transport.cassette();
}

describe('saveCassette() and loadCassette()', () => {
  it('write a file that people can read, and give back what was written', async () => {
    const path = join(await makeFolder(), 'deep', 'down', 'users.json');
    const cassette = await recorded();
    await saveCassette(path, cassette);

    expect(await loadCassette(path)).toEqual(cassette);
    expect(await readFile(path, 'utf8')).toMatch(/^\{\n {2}"format": "linkspan-cassette",\n/);
  });

  it('leave the file as it was, and no other, when writing fails', async () => {
    const folder = await makeFolder();
    const path = join(folder, 'users.json');
    await writeFile(path, 'as it was');
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;

    await expect(saveCassette(path, circular as unknown as Cassette)).rejects.toThrow(TypeError);
    expect(await readFile(path, 'utf8')).toBe('as it was');
    expect(await readdir(folder)).toEqual(['users.json']);
  });

  it('say what is wrong with a file that is no cassette', async () => {
    const path = join(await makeFolder(), 'users.json');
    await writeFile(path, '{"format":');
    await expect(loadCassette(path)).rejects.toThrow(/users\.json: it is not JSON/);
    await writeFile(path, '[]');
    await expect(loadCassette(path)).rejects.toBeInstanceOf(ConfigurationError);
  });
});
