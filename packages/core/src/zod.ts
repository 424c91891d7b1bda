/**
 * Tables of settings as zod schemas, for programs that check their whole configuration with zod.
 * It is an entry of its own because loading zod takes longer than loading all the rest of a client.
 */
import { z } from 'zod';
import { Secret } from './secrets/secret.ts';
import type { OptionsOf, Setting, SettingsEntries, SettingShape } from './settings/setting.ts';

/**
 * A strict schema of the options of a table: it accepts what `parseSettings()` accepts, and gives
 * the options as they are, for the function that takes them. It is made from the table, and holds
 * no rule of its own; only does zod take an instance without members, a `Map`, for an empty object.
 *
 * ```ts
 * const config = z.object({ http: settingsSchema(clientSettings), workers: z.int() });
 * ```
 */
export function settingsSchema<const Entries extends SettingsEntries>(
  entries: Entries,
): z.ZodType<OptionsOf<Entries>, OptionsOf<Entries>> {
  return objectSchema(entries) as unknown as z.ZodType<OptionsOf<Entries>, OptionsOf<Entries>>;
}

function objectSchema(entries: SettingsEntries): z.ZodType {
  const members = Object.entries(entries).map(([name, setting]) => {
    const { shape } = setting;
    const described = shape.type === 'alias' ? entries[shape.of]! : setting;
    const schema = valueSchema(described).describe(described.expected);
    return [name, setting.required ? schema : schema.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(members)).check((context) => {
    for (const [name, { shape }] of Object.entries(entries)) {
      if (shape.type !== 'alias') continue;
      if (context.value[name] === undefined || context.value[shape.of] === undefined) continue;
      const message = `is another name for '${shape.of}': expected one of the two, found both`;
      context.issues.push({ code: 'custom', path: [name], message, input: context.value });
    }
  });
}

function valueSchema(setting: Setting): z.ZodType {
  const { shape } = setting;
  switch (shape.type) {
    case 'boolean':
      return z.boolean();
    case 'string':
      return z.string().min(1);
    case 'secret':
      return z.union([z.string().min(1), z.instanceof(Secret)]);
    case 'integer':
    case 'number':
      return numberSchema(shape);
    case 'choice':
      return z.enum(shape.choices);
    case 'list':
      return z.array(valueSchema(shape.item));
    case 'record':
      return z.record(z.string(), valueSchema(shape.value));
    case 'group':
      return shape.orFalse
        ? z.union([z.literal(false), objectSchema(shape.members)])
        : objectSchema(shape.members);
    default:
      return ownSchema(setting);
  }
}

type NumberShape = Extract<SettingShape, { readonly type: 'integer' | 'number' }>;

function numberSchema({ type, min, max, above, orInfinity }: NumberShape): z.ZodType {
  let schema = type === 'integer' ? z.int() : z.number();
  if (min !== -Infinity) schema = above ? schema.gt(min) : schema.min(min);
  if (max !== Infinity) schema = schema.max(max);
  // zod's numbers are finite.
  return orInfinity ? z.union([schema, z.custom<number>((value) => value === Infinity)]) : schema;
}

/** What only the setting itself can check, with its own words. */
function ownSchema(setting: Setting): z.ZodType {
  return z.unknown().check((context) => {
    let reported = false;
    const result = setting.read(context.value, (message) => {
      reported = true;
      context.issues.push({ code: 'custom', message, input: context.value });
    });
    if (result !== undefined || reported) return;
    const message = `expected ${setting.expected}`;
    context.issues.push({ code: 'custom', message, input: context.value });
  });
}
