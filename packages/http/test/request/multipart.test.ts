import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError, type Payload } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileFromPath } from '../../src/request/file-source.ts';
import { encodeMultipart, type MultipartInit } from '../../src/request/multipart.ts';

async function bytesOfPayload(payload: Payload): Promise<Uint8Array> {
  if (payload.kind === 'value' || payload.kind === 'bytes') throw new Error(payload.kind);
  const stream = payload.kind === 'factory' ? await payload.open() : payload.stream;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Reads the form back with the platform's own parser. */
async function readBack(init: MultipartInit): Promise<FormData> {
  const { payload, contentType } = encodeMultipart(init);
  const body = await bytesOfPayload(payload);
  return await new Response(body as never, {
    headers: { 'content-type': contentType! },
  }).formData();
}

describe('encodeMultipart()', () => {
  it('P8 gives fields and files that other parsers read back', async () => {
    const form = await readBack({
      title: 'A title',
      tags: ['a', 'b'],
      size: 3,
      raw: new Uint8Array([0, 13, 10, 255]),
      named: { content: 'text', name: 'notes.txt', type: 'text/plain' },
      blob: new File(['{}'], 'data.json', { type: 'application/json' }),
      nothing: undefined,
    });

    expect(form.get('title')).toBe('A title');
    expect(form.getAll('tags')).toEqual(['a', 'b']);
    expect(form.get('size')).toBe('3');
    const raw = form.get('raw') as File;
    expect(new Uint8Array(await raw.arrayBuffer())).toEqual(new Uint8Array([0, 13, 10, 255]));
    expect(raw.type).toBe('application/octet-stream');
    expect(form.get('named')).toMatchObject({ name: 'notes.txt', type: 'text/plain' });
    expect(form.get('blob')).toMatchObject({ name: 'data.json', type: 'application/json' });
    expect([...form.keys()]).not.toContain('nothing');
  });

  it('takes FormData as it is', async () => {
    const source = new FormData();
    source.append('a', '1');
    source.append('f', new Blob(['x'], { type: 'text/css' }), 'x.css');

    const form = await readBack(source);

    expect(form.get('a')).toBe('1');
    expect(form.get('f')).toMatchObject({ name: 'x.css', type: 'text/css', size: 1 });
  });

  it('tells its length exactly when that of every part is known', async () => {
    const { payload } = encodeMultipart({
      a: 'ü',
      b: new Blob(['123']),
      c: { content: streamOf('45'), name: 'c', byteLength: 2 },
    });
    const unknown = encodeMultipart({ c: { content: streamOf('45'), name: 'c' } });

    expect(payload).toHaveProperty('byteLength', (await bytesOfPayload(payload)).byteLength);
    expect(unknown.payload).not.toHaveProperty('byteLength');
  });

  it('can be sent again unless a part is a stream', async () => {
    const again = encodeMultipart({ a: '1', b: new Blob(['2']) });
    const once = encodeMultipart({ a: '1', b: { content: streamOf('2'), name: 'b' } });

    expect(once.payload.kind).toBe('stream');
    expect(again.payload.kind).toBe('factory');
    expect(await bytesOfPayload(again.payload)).toEqual(await bytesOfPayload(again.payload));
  });

  it('escapes names so that none can end its line or header', async () => {
    const evil = 'a"\r\nx-evil: 1\r\n\r\nbody';
    const { payload } = encodeMultipart({
      [evil]: '1',
      f: { content: '2', name: evil },
    });
    const text = Buffer.from(await bytesOfPayload(payload)).toString();

    expect(text).toContain('name="a%22%0D%0Ax-evil: 1%0D%0A%0D%0Abody"\r\n');
    expect(text).toContain('filename="a%22%0D%0Ax-evil: 1%0D%0A%0D%0Abody"\r\n');
    expect(text).not.toMatch(/^x-evil/m);
  });

  it('refuses a media type that would end its line', () => {
    const part = { content: '', name: 'f', type: 'text/plain\r\nx-evil: 1' };

    expect(() => encodeMultipart({ f: part })).toThrow(ConfigurationError);
  });

  it('has a boundary that nobody can predict', () => {
    const boundaries = Array.from({ length: 100 }, () => encodeMultipart({ a: '1' }).contentType);

    expect(new Set(boundaries).size).toBe(100);
    expect(boundaries[0]).toMatch(/^multipart\/form-data; boundary=linkspan-[0-9a-f-]{36}$/);
  });

  it('gives back any text under any name', async () => {
    const text = fc.string({ unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1 }), async (pairs) => {
        const form = await readBack(pairs);
        expect([...form.values()]).toEqual(pairs.map(([, value]) => value));
      }),
    );
  });

  it('refuses parts of other kinds by name', () => {
    expect(() => encodeMultipart({ when: (() => 1) as never })).toThrow(
      'multipart part "when": expected text, bytes, a Blob, a file or { content, name }, found function',
    );
    expect(() => encodeMultipart({ f: { content: 5 as never, name: 'f' } })).toThrow(
      /found number as its content/,
    );
  });
});

describe('fileFromPath()', () => {
  it('opens the file anew for every attempt and tells its size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'linkspan-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'report.csv');
    await writeFile(path, 'a,b\n1,2\n');

    const { payload } = encodeMultipart({ report: await fileFromPath(path, { type: 'text/csv' }) });
    const first = Buffer.from(await bytesOfPayload(payload)).toString();

    expect(first).toContain('filename="report.csv"\r\ncontent-type: text/csv\r\n\r\na,b\n1,2\n');
    expect(payload).toMatchObject({ kind: 'factory', byteLength: first.length });
    expect(Buffer.from(await bytesOfPayload(payload)).toString()).toBe(first);
  });

  it('names the file behind a URL as the disk does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'linkspan-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'all ferries #1.csv'), '');

    const file = await fileFromPath(pathToFileURL(join(folder, 'all ferries #1.csv')));

    expect(file).toMatchObject({ name: 'all ferries #1.csv', byteLength: 0 });
  });

  it('fails where there is no file', async () => {
    await expect(fileFromPath(join(tmpdir(), 'linkspan-none'))).rejects.toThrow(
      /expected a regular file, found ENOENT/,
    );
    await expect(fileFromPath(tmpdir())).rejects.toThrow(ConfigurationError);
  });
});

async function* streamOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
