// Property tests try the same cases in every run, so that a failure is one of the change that made
// it. `npm run fuzz` gives them other seeds and more cases.
import { configureGlobal } from 'fast-check';

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const runs = Number(process.env['FUZZ_RUNS'] ?? 100);
configureGlobal({ seed, numRuns: runs });
