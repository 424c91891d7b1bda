import { generateKeyPairSync } from 'node:crypto';

/** Where a secret can be in what a client is given. */
export const secretKinds = [
  'key',
  'bearer',
  'basic',
  'userinfo',
  'query',
  'cookie',
  'proxy',
  'body',
  'tlsKey',
  'header',
] as const;

export type SecretKind = (typeof secretKinds)[number];

/** How the secrets look: like nothing, like a key that is known, or so that encodings change them. */
export const looks = ['plain', 'known', 'awkward'] as const;

export type Look = (typeof looks)[number];

/** One secret of each kind. */
export type Canaries = Readonly<Record<SecretKind, string>>;

const LETTERS = 'bcdfghjklmnpqrstvwxz';

/** Secrets that are the same in every run, and in no other text. */
export function makeCanaries(look: Look): Canaries {
  const next = lcg(7919 * (looks.indexOf(look) + 1));
  const word = (): string => Array.from({ length: 11 }, () => LETTERS[next(20)]).join('');
  const make = {
    plain: () => `${word()}${word()}`,
    known: () => `sk-proj-${word()}${word()}`,
    // JSON escapes the quote, PHP the slash, URLs both and the plus, HTML the quote.
    awkward: () => `${word()}/"+${word()}`,
  }[look];
  return Object.fromEntries(secretKinds.map((kind) => [kind, make()])) as Canaries;
}

/** A private key in PEM: locked with the passphrase where there is one. */
export function makeKey(passphrase?: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const lock = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...lock }) as string;
}

/**
 * Texts of which none may be printed, by kind: both halves of each secret, so that no encoding and
 * no cut hides one, and the halves of what a user and a password become in Base64.
 */
export function marksOf(canaries: Canaries, keys: readonly string[]): ReadonlyMap<string, string> {
  const marks = new Map<string, string>();
  for (const [kind, canary] of Object.entries(canaries)) {
    for (const half of canary.match(/[b-z]{11}/g)!) marks.set(half, kind);
    const encoded = btoa(`ada:${canary}`);
    marks.set(encoded.slice(6, 18), `${kind} in Base64`);
    marks.set(encoded.slice(18, 30), `${kind} in Base64`);
  }
  // The first line of a key says its kind.
  for (const key of keys) marks.set(key.split('\n')[2]!.slice(0, 24), 'tlsKey');
  return marks;
}

/** Which secrets a text shows, and how: `bearer in StatusError.stack: ...what is around it`. */
export function leaksIn(
  prints: readonly Print[],
  marks: ReadonlyMap<string, string>,
): readonly string[] {
  const leaks: string[] = [];
  for (const [place, text] of prints) {
    for (const [mark, kind] of marks) {
      const at = text.indexOf(mark);
      if (at !== -1)
        leaks.push(`${kind} in ${place}: ${text.slice(Math.max(0, at - 60), at + 30)}`);
    }
  }
  return leaks;
}

/** Something that a program may print, and what it is. */
export type Print = readonly [place: string, text: string];

/** Numbers below a limit, from a seed. */
function lcg(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
