// Sends and reads JSON, tells failures apart, and saves a file, against a server made here.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotFoundError } from '@linkspan/core';
import { createHttpClient } from '@linkspan/http';

const server = createServer((request, response) => {
  if (request.url === '/v1/users/1') response.end('{"name":"Ada"}');
  else if (request.url === '/v1/report') response.end('a,b\n1,2\n');
  else response.writeHead(404).end();
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
const folder = await mkdtemp(join(tmpdir(), 'linkspan-'));

const client = createHttpClient({ baseUrl, totalMs: 10_000 });

const response = await client.get('/users/1');
const user = await response.json<{ name: string }>();
assert.equal(user.name, 'Ada');

const found = await client.safe.get('/users/2');
assert.ok(!found.ok && found.error instanceof NotFoundError);

const saved = await client.download('/report', join(folder, 'report.csv'));
assert.equal(await readFile(saved.path, 'utf8'), 'a,b\n1,2\n');

await client.close();
server.close();
await rm(folder, { recursive: true });
