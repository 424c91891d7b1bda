// Writes sample/requests.jsonl, the input of a run without --input: `pnpm sample`.
import { writeFileSync } from 'node:fs';
import { sampleText } from './sample-rows.ts';

writeFileSync(new URL('../../sample/requests.jsonl', import.meta.url), sampleText());
