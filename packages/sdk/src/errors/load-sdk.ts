import { ConfigurationError } from '@linkspan/core';

/**
 * Loads the package of a provider's SDK, which need not be installed.
 *
 * @throws ConfigurationError which says what to install, or that the package cannot be loaded.
 */
export async function loadSdk<Module>(
  packageName: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    const message = isMissing
      ? `the package ${packageName} is not installed: npm i ${packageName}`
      : `the package ${packageName} cannot be loaded`;
    throw new ConfigurationError(`Cannot load the SDK: ${message}`, {
      code: isMissing ? 'sdk_missing' : 'sdk_broken',
      issues: [{ option: 'provider', message }],
      cause,
    });
  }
}
