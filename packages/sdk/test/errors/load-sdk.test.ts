import { spawnSync } from 'node:child_process';
import { ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { loadSdk } from '../../src/errors/load-sdk.ts';

/** Runs a program in a process where no SDK is installed. */
function runWithoutSdks(program: string): string {
  const hooks = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (/^(openai|@anthropic-ai\\/sdk)(\\/|$)/.test(specifier)) {
          throw Object.assign(new Error('Cannot find package ' + specifier), {
            code: 'ERR_MODULE_NOT_FOUND',
          });
        }
        return next(specifier, context);
      },
    });`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=@linkspan/source',
      '--disable-warning=ExperimentalWarning',
      '--import',
      `data:text/javascript,${encodeURIComponent(hooks)}`,
      '--input-type=module',
      '--eval',
      program,
    ],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  );
  return stdout + stderr;
}

describe('R22 an SDK that is not installed', () => {
  it.each([
    ['openai', 'npm i openai'],
    ['anthropic', 'npm i @anthropic-ai/sdk'],
  ])('is told with what to install, at the first call (%s)', (provider, command) => {
    const output = runWithoutSdks(`
      import { createSdkClient } from '@linkspan/sdk';
      const client = createSdkClient({
        provider: '${provider}', apiKey: 'k', baseUrl: 'http://127.0.0.1:9', model: 'm', env: {},
      });
      const chat = { messages: [{ role: 'user', content: 'Hello' }] };
      for (const call of [client.chat(chat), client.stream(chat).result(), client.native()]) {
        await call.catch((error) => console.log(error.name, error.message, error.sent));
      }
      await client.close();`);

    expect(output.match(/ConfigurationError/g)).toHaveLength(3);
    expect(output).toContain(command);
    expect(output).not.toMatch(/undefined/);
  });

  it('is not missed by who imports the package, nor loaded', () => {
    const output = runWithoutSdks(`
      await import('@linkspan/sdk');
      await import('@linkspan/sdk/openai');
      await import('@linkspan/sdk/anthropic');
      console.log('imported');`);

    expect(output.trim()).toBe('imported');
  });

  it('is told apart from one that is broken', async () => {
    const broken = loadSdk('openai', () => Promise.reject(new SyntaxError('Unexpected token')));

    await expect(broken).rejects.toBeInstanceOf(ConfigurationError);
    await expect(broken).rejects.toMatchObject({ code: 'sdk_broken' });
  });
});
