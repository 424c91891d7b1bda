import { hideSecrets, redactHeaders, redactText, type ResponseHeaders } from '@linkspan/core';
import { redactTarget } from './redact-target.ts';

/** What a text is part of. */
export type TextPart = 'target' | 'header' | 'payload' | 'body' | 'message';

/** Takes out of a text what only its owner knows to be secret. */
export type RedactHook = (text: string, part: TextPart) => string;

export interface RedactionSettings {
  /** Headers whose values are kept beside the harmless ones, in lower case. */
  readonly keepHeaders: readonly string[];
  readonly redact: RedactHook | undefined;
}

/** Takes the secrets out of one exchange: what it is told, and what looks like one. */
export class Redaction {
  readonly #settings: RedactionSettings;
  readonly #secrets: readonly string[];

  /** @param secrets values that no text may hold: what the secret headers of the request said. */
  constructor(settings: RedactionSettings, secrets: readonly string[] = []) {
    this.#settings = settings;
    this.#secrets = secrets;
  }

  text(text: string, part: TextPart): string {
    const clean = redactAroundAddresses(hideSecrets(text, this.#secrets));
    return this.#settings.redact?.(clean, part) ?? clean;
  }

  headers(headers: ResponseHeaders): Record<string, string | readonly string[]> {
    // First: a pattern that takes a part of a secret hides the rest from those who know it whole.
    const told = this.#withoutSecrets(headers);
    const shown = redactHeaders(told);
    for (const [name, value] of Object.entries(told)) {
      const lower = name.toLowerCase();
      if (this.#settings.keepHeaders.includes(lower)) shown[lower] = value;
    }
    for (const [name, value] of Object.entries(shown)) {
      shown[name] =
        typeof value === 'string'
          ? this.text(value, 'header')
          : value.map((item) => this.text(item, 'header'));
    }
    return shown;
  }

  target(target: string): string {
    return this.text(redactTarget(hideSecrets(target, this.#secrets)), 'target');
  }

  #withoutSecrets(headers: ResponseHeaders): Record<string, string | readonly string[]> {
    const hide = (text: string): string => hideSecrets(text, this.#secrets);
    return Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => {
        if (value === undefined) return [];
        return [[name, typeof value === 'string' ? hide(value) : value.map(hide)]];
      }),
    );
  }
}

const ADDRESS = /\b[a-z][a-z\d+.-]{0,20}:\/\/[^\s"'<>`\\]+/gi;
/** Stands for an address meanwhile. No text has this character: it is none. */
const MARK = '\u{FFFF}';
const MARKED = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');

/**
 * `redactText()` takes the whole query out of every address. Here an address keeps what is no
 * secret, so that a page whose link is followed is the page that was recorded.
 */
function redactAroundAddresses(text: string): string {
  const addresses: string[] = [];
  const marked = text
    .replaceAll(MARK, '')
    .replace(ADDRESS, (address) => `${MARK}${addresses.push(redactTarget(address)) - 1}${MARK}`);
  if (addresses.length === 0) return redactText(text);
  return redactText(marked).replace(MARKED, (_mark, index: string) => addresses[Number(index)]!);
}
