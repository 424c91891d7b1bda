import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callersFolder } from '../src/command-line/callers-folder.ts';

const program = resolve('/repo/apps/dispatch/src/main.ts');
const start = { npm_lifecycle_event: 'start', INIT_CWD: '/home/me' };

describe('callersFolder()', () => {
  it.each(['/repo/package.json', '/repo/apps/dispatch/package.json'])(
    'is where npm start was called for the script of %s',
    (manifest) => {
      const env = { ...start, npm_package_json: manifest };

      expect(callersFolder(env, program, '/repo')).toBe('/home/me');
    },
  );

  it('is the working folder for the script of somebody else, and without npm', () => {
    const env = { ...start, npm_package_json: '/other/package.json' };

    expect(callersFolder(env, program, '/other')).toBe('/other');
    expect(callersFolder({ ...env, npm_lifecycle_event: 'nightly' }, program, '/x')).toBe('/x');
    expect(callersFolder({ INIT_CWD: '/home/me' }, program, '/work')).toBe('/work');
  });
});
