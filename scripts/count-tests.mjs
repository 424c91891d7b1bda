// Prints "N passed, N failed" from vitest's JSON report, for whoever reads the log of CI; fails when
// a test failed or none ran.
import { existsSync, readFileSync } from 'node:fs';

const file = process.argv[2];
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
// A file that cannot be loaded has no tests that could fail: it counts as one.
const broken = (report?.testResults ?? []).filter(
  (result) => result.status === 'failed' && result.assertionResults.length === 0,
);
const passed = report?.numPassedTests ?? 0;
const failed = (report?.numFailedTests ?? 0) + broken.length;
console.log(`${passed} passed, ${failed} failed`);
if (passed === 0 || failed > 0) process.exitCode = 1;
