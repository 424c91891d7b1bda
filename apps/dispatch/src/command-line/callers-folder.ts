import { dirname, resolve, sep } from 'node:path';

/**
 * The folder that paths on the command line are meant from. `npm start` runs the program in the
 * folder of the package, wherever it was called from, and tells that place in `INIT_CWD`.
 *
 * @param program the file that runs: a `start` script of another package means its own folder.
 */
export function callersFolder(
  env: Readonly<Record<string, string | undefined>>,
  program: string,
  workingFolder: string,
): string {
  const { npm_lifecycle_event: event, npm_package_json: manifest, INIT_CWD: folder } = env;
  if (event !== 'start' || manifest === undefined || folder === undefined) return workingFolder;
  return program.startsWith(dirname(resolve(manifest)) + sep) ? folder : workingFolder;
}
