import type { SettingsEntries } from '../settings/setting.ts';
import { clientSettings } from './client-options.ts';
import type { ConfigOptions } from './create-client.ts';

/** The options that stand beside `config` win over those in it, by whichever of their names. */
export function withConfig(options: ConfigOptions): object {
  const { config } = options;
  if (typeof config !== 'object' || config === null) return options;
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined || !Object.hasOwn(config, name),
  );
  const names = new Set(given.map(([name]) => mainName(name)));
  const left = Object.entries(config).filter(([name]) => !names.has(mainName(name)));
  return Object.fromEntries([...left, ...given]);
}

function mainName(name: string): string {
  const table: SettingsEntries = clientSettings;
  const shape = Object.hasOwn(table, name) ? table[name]?.shape : undefined;
  return shape?.type === 'alias' ? shape.of : name;
}
