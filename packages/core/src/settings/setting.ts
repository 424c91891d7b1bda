/**
 * Reports what is wrong with a value; `at` says where inside it: `'[2]'`, `'.host'`. A `label`
 * stands in the message instead of the option: the name of the variable that gave the value.
 */
export type ReportProblem = (message: string, at?: string, label?: string) => void;

/** What a setting takes, as data, for those who turn a table into a schema of another kind. */
export type SettingShape =
  | { readonly type: 'boolean' | 'string' | 'secret' | 'other' }
  | {
      readonly type: 'integer' | 'number';
      readonly min: number;
      readonly max: number;
      /** Whether `min` itself is too small. */
      readonly above: boolean;
      readonly orInfinity: boolean;
    }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'list'; readonly item: Setting }
  | { readonly type: 'record'; readonly value: Setting }
  | { readonly type: 'group'; readonly members: SettingsEntries; readonly orFalse: boolean }
  | { readonly type: 'alias'; readonly of: string };

/**
 * One option: what it takes (`Input`), what the program works with (`Output`), and whether it must
 * be given. Made by {@link setting}.
 */
export interface Setting<
  out Output = unknown,
  in Input = never,
  out Required extends boolean = boolean,
> {
  /** `'an integer of 1 or more'`: stands after "expected". */
  readonly expected: string;
  readonly required: Required;
  /** What an option that was not given is read from; `undefined` for none. */
  readonly default: unknown;
  /** The name of its environment variable without prefix, or `false` for none. @default its name in upper snake case */
  readonly env: string | false | undefined;
  readonly shape: SettingShape;
  /** Checks a value, and gives the form that the program works with, or reports what is wrong. */
  readonly read: (value: unknown, report: ReportProblem) => Output | undefined;
  /** Reads the text of an environment variable; what is no such value is given back as it is. */
  readonly fromText: ((text: string) => unknown) | undefined;
  /** For the types alone. */
  readonly input?: (value: Input) => void;
}

/** The entries of a table, whatever they are. */
export type SettingsEntries = Readonly<Record<string, Setting>>;

/** Another name for an option: reading it sets the option of that name. */
export type Alias<Input = never> = Setting<never, Input, false>;

/** The settings that a table gives. */
export type SettingsOf<Table extends SettingsEntries> = {
  readonly [
    Name in keyof Table as [SettingOutput<Table[Name]>] extends [never] ? never : Name
  ]: SettingOutput<Table[Name]>;
};

/** The options that a table takes. An option that is `undefined` counts as not given. */
export type OptionsOf<Table extends SettingsEntries> = {
  readonly [
    Name in keyof Table as Table[Name] extends Setting<unknown, never, true> ? Name : never
  ]: SettingInput<Table[Name]>;
} & {
  readonly [
    Name in keyof Table as Table[Name] extends Setting<unknown, never, true> ? never : Name
  ]?: SettingInput<Table[Name]> | undefined;
};

type SettingOutput<S> = S extends Setting<infer Output> ? Output : never;
type SettingInput<S> = S extends Setting<unknown, infer Input> ? Input : never;

/**
 * The table that belongs to two interfaces written by hand: it does not compile when a name, a
 * type, or whether an option must be given differs. An option that is not a setting is an alias.
 *
 * ```ts
 * export const poolSettings: SettingsTable<PoolSettings, PoolOptions> = { ... };
 * ```
 */
export type SettingsTable<Settings extends object, Options extends object> = {
  readonly [Name in keyof Settings & string]: Setting<
    Settings[Name],
    Name extends keyof Options ? Exclude<Options[Name], undefined> : never,
    Name extends keyof Options ? (object extends Pick<Options, Name> ? false : true) : false
  >;
} & {
  readonly [Name in Exclude<keyof Options & string, keyof Settings>]-?: Alias<
    Exclude<Options[Name], undefined>
  >;
};

/** What every kind of setting may say. Without `default` and `optional` the option must be given. */
export interface SettingFacts<Value> {
  readonly default?: Value;
  /** Not given is `undefined`. */
  readonly optional?: true;
  readonly env?: string | false;
}

/** Whether facts make an option one that must be given. */
export type IsRequired<Facts> = Facts extends { readonly optional: true }
  ? false
  : Facts extends { readonly default: unknown }
    ? false
    : true;

/** What a setting with these facts gives. */
export type OutputOf<Value, Facts> = Facts extends { readonly optional: true }
  ? Value | undefined
  : Value;

/** A setting of one kind, given its facts. */
export type SettingFor<Facts, Output, Input = Output> = Setting<
  OutputOf<Output, Facts>,
  Input,
  IsRequired<Facts>
>;
