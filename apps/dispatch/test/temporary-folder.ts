import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for the files of one test, which goes away with it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
