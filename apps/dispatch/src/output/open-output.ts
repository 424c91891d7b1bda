import { existsSync } from 'node:fs';
import type { Endpoints } from '../command-line/endpoints.ts';
import { dropFailures, Journal, putAside } from './journal.ts';
import type { Row } from '../input/row.ts';
import type { Settings } from '../command-line/settings.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** How many rows are named in a message. */
const MAX_NAMED = 5;

/**
 * Opens the output of a run, to go on with it. The sample alone is begun anew when its output is
 * complete, so that it shows something every time; the complete one is kept beside it.
 *
 * @throws UsageError when the output holds the answers to something else.
 */
export async function openOutput(
  rows: readonly Row[],
  endpoints: Endpoints,
  settings: Settings,
  note: (line: string) => void,
): Promise<Journal> {
  const { input, output, fresh, retryFailed } = settings;
  const exists = existsSync(output);
  if (exists && fresh) await putAside(output);
  if (exists && retryFailed) await dropFailures(output);
  const journal = await Journal.open(output);
  try {
    checkBelongs(rows, journal, endpoints, settings);
  } catch (error) {
    await journal[Symbol.asyncDispose]();
    throw error;
  }
  const isComplete = rows.every(({ id }) => journal.records.has(id));
  if (!isComplete || input !== undefined || retryFailed) return journal;
  await journal[Symbol.asyncDispose]();
  await putAside(output);
  note(`${output} was complete: it is kept as ${output}.previous, and the sample is sent anew`);
  return await Journal.open(output);
}

/** An answer counts for the row it was given to, as it was, and from the upstreams that are asked. */
function checkBelongs(
  rows: readonly Row[],
  journal: Journal,
  endpoints: Endpoints,
  { input, output }: Settings,
): void {
  const hint = 'use another --output, or --fresh to start over';
  const records = rows.flatMap((row) => {
    const record = journal.records.get(row.id);
    return record === undefined ? [] : [{ row, record }];
  });
  const changed = records.filter(({ row, record }) => row.requestHash !== record.requestHash);
  if (changed.length > 0) {
    const names = nameSome(changed.map(({ row }) => row.id));
    throw new UsageError(
      `Cannot resume ${output}: ${changed.length} of its answers are to other requests than the ` +
        `rows of the same id (${names}); ${hint}`,
    );
  }
  if (input === undefined && records.length < journal.records.size) {
    const strangers = journal.records.size - records.length;
    throw new UsageError(
      `Cannot resume ${output}: ${strangers} of its answers are not to the sample; ${hint}`,
    );
  }
  const isRehearsal = endpoints === 'rehearsal';
  const foreign = records.filter(({ record }) => (record.upstream === 'rehearsal') !== isRehearsal);
  if (foreign.length > 0) {
    const found = isRehearsal ? 'of real upstreams' : 'of a rehearsal';
    const wanted = isRehearsal ? 'this is a rehearsal' : 'these rows go to real ones';
    throw new UsageError(
      `Cannot resume ${output}: ${foreign.length} of its answers are ${found}, and ${wanted}; ${hint}`,
    );
  }
}

function nameSome(ids: readonly string[]): string {
  const named = ids.slice(0, MAX_NAMED).join(', ');
  return ids.length > MAX_NAMED ? `${named}, ...` : named;
}
