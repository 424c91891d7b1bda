import { redactUrl } from './redact-url.ts';
import { REDACTED } from './secret.ts';

/** An address in running text. */
const ADDRESS = /\b[a-z][a-z\d+.-]{0,20}:\/\/[^\s"'<>`]+/gi;

/** A place in a page, such as `#supported-files`: what holds a credential has more than small letters. */
const ANCHOR = /#[a-z]{1,20}(?:-[a-z]{1,20}){0,5}[.,;:)]*$/;

/**
 * `Bearer abc123`: the scheme stays, the credentials go. Words of prose (`Basic support`) stay: a
 * credential is long, or has a digit, a sign or a capital inside.
 */
const AUTH_SCHEME =
  /\b([Bb]earer|BEARER|[Bb]asic|BASIC|[Tt]oken|[Dd]igest|[Nn]egotiate)[ \t]+(?:(?=[\w+/=.~:*-]{0,200}(?:[\d_+/=*]|[a-z][A-Z]))[\w+/=.~:*-]{6,}|[\w.~-]{16,})/g;

/** Prefixes and forms by which the credentials of common services are known. */
const CREDENTIALS = new RegExp(
  [
    // OpenAI, Anthropic, Stripe and their like, also half masked by the peer: sk-proj-abc, sk-ab***yz
    String.raw`\b(?:sk|pk|rk)[-_][\w*.-]{6,}`,
    // GitHub, GitLab, Slack, Google, Hugging Face, Groq, xAI, Perplexity
    String.raw`\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|ya29\.|hf_|gsk_|xai-|pplx-)[\w*.-]{6,}`,
    String.raw`\bAIza[\w-]{20,}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{12,}`,
    // JSON Web Tokens
    String.raw`\beyJ[\w-]{8,1024}\.[\w-]*\.?[\w-]*`,
  ].join('|'),
  'g',
);

const NAME = String.raw`(?:[\w-]{0,40}[_-])?(?:api[_-]?key|access[_-]?key|(?:access|auth|refresh|id|session)[_-]?token|client[_-]?secret|secret|password|passwd|pwd|token|signature|authorization|cookie)`;

/** The name of a member of JSON, or of an option, whose value is a secret. */
const NAMED = new RegExp(`^${NAME}$`, 'i');

/** A private key in PEM, also one that is cut, and with the line ends as JSON writes them. */
const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----(?:[^-]|-(?!----END))*(?:-----END [A-Z ]{1,60}-----)?/g;

/** `password=abc`. */
const ASSIGNED = new RegExp(
  String.raw`(\b${NAME}[ \t]{0,4}=[ \t]{0,4}["']?)(?!\[redacted)[^\s"'&,;<>}]+`,
  'gi',
);

/** `"api_key": "abc"`, also inside a string of JSON, where the quotes have a backslash. */
const MEMBER = new RegExp(
  String.raw`(\\?["']${NAME}\\?["']\s{0,4}:\s{0,4})(?:\\"(?:[^"\\]|\\\\(?:\\[^]|[^\\]))*(?:\\")?|"(?:[^"\\]|\\[^])*"?|'[^']*'?|[^\s"',}\]]+)`,
  'gi',
);

/** `authorization: abc`, as headers are written. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api-key)[ \t]*:[ \t]*[^\r\n"']+/gi;

/** Whether a member of JSON carries a credential, by its name: `password`, `client_secret`, `apiKey`. */
export function isSecretMember(name: string): boolean {
  return NAMED.test(name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '_'));
}

/**
 * Takes out of foreign text what looks like a credential: keys and tokens of common services,
 * `Bearer ...`, `password=...`, private keys, userinfo and query values of URLs. It is the second line of defence,
 * for text that others wrote; what this library knows to be secret is never put into a text at all.
 */
export function redactText(text: string): string {
  return text
    .replace(PRIVATE_KEY, REDACTED)
    .replace(ADDRESS, (address) => redactUrl(address) + (ANCHOR.exec(address)?.[0] ?? ''))
    .replace(MEMBER, `$1"${REDACTED}"`)
    .replace(HEADER, `$1: ${REDACTED}`)
    .replace(AUTH_SCHEME, `$1 ${REDACTED}`)
    .replace(CREDENTIALS, REDACTED)
    .replace(ASSIGNED, `$1${REDACTED}`);
}
