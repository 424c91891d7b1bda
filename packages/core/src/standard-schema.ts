import type { StandardSchemaV1 } from '@standard-schema/spec';
import { DeserializationError } from './errors/transport-error.ts';

/** How many issues a message tells. */
const MOST_TOLD = 5;

/**
 * Checks a value with a schema of any library that keeps the Standard Schema (zod, valibot, arktype,
 * ...), and gives what the schema makes of it.
 *
 * @param what stands in the message: `'the answer'`
 * @throws DeserializationError with the schema's issues: where, and what it says. What the schema
 * says is told as it is; the value itself is not shown.
 */
export async function validate<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  what: string = 'the value',
): Promise<StandardSchemaV1.InferOutput<Schema>> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const told = result.issues.slice(0, MOST_TOLD).map(({ message, path }) => {
    return `${pathOf(path)}: ${message}`;
  });
  if (result.issues.length > MOST_TOLD) told.push(`and ${result.issues.length - MOST_TOLD} more`);
  throw new DeserializationError(
    `Cannot accept ${what}: it does not fit the schema: ${told.join('; ')}`,
    { code: 'validation' },
  );
}

function pathOf(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).reduce<string>((text, segment) => {
    const key = typeof segment === 'object' ? segment.key : segment;
    return typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`;
  }, '$');
}
