import { REDACTED } from './secret.ts';

/** Prefixes and forms by which the credentials of common services are known. */
const CREDENTIALS = new RegExp(
  [
    // OpenAI, Anthropic, Stripe and their like, also half masked by the peer: sk-proj-abc, sk-ab***yz
    String.raw`\b(?:sk|pk|rk)[-_][\w*.-]{6,}`,
    // GitHub, GitLab, Slack, Google, AWS, Hugging Face, Groq, xAI, Perplexity
    String.raw`\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|ya29\.|hf_|gsk_|xai-|pplx-)[\w*.-]{6,}`,
    String.raw`\bAIza[\w-]{20,}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{12,}`,
    // JSON Web Tokens
    String.raw`\beyJ[\w-]{8,}\.[\w-]*\.?[\w-]*`,
  ].join('|'),
  'g',
);

/** `Bearer abc`, `Basic abc`: the scheme stays, the credentials go. */
const AUTH_SCHEME = /\b(bearer|basic|digest|negotiate|token)[ \t]+[\w+/=.~:*-]{6,}/gi;

/** `password=abc`, `"api_key": "abc"`: the name stays, the value goes. */
const NAMED_VALUE =
  /(["']?\b(?:[\w-]{0,40}[_-])?(?:api[_-]?key|apikey|access[_-]?token|auth[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret|secret|password|passwd|pwd|token|signature|authorization|cookie)\\?["']?[ \t]{0,4}[:=][ \t]{0,4}\\?["']?)(?!\[redacted\])[^\s"'&,;<>\\}]+/gi;

/** The userinfo of a URL. */
const USERINFO = /([a-z][a-z\d+.-]{0,20}:\/\/)[^\s/?#@"'<>]{1,512}@/gi;

/**
 * Takes out of foreign text what looks like a credential: the keys and tokens of common services,
 * `Bearer ...`, `password=...`, the userinfo of URLs. It is the second line of defence, for text
 * that others wrote; what this library knows to be secret is never put into a text at all.
 */
export function redactText(text: string): string {
  return text
    .replace(USERINFO, `$1${REDACTED}@`)
    .replace(AUTH_SCHEME, `$1 ${REDACTED}`)
    .replace(CREDENTIALS, REDACTED)
    .replace(NAMED_VALUE, `$1${REDACTED}`);
}
