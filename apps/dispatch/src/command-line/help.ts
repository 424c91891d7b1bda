import { flags } from './flags.ts';

/** What `--help` prints. */
export function helpText(): string {
  const names = flags.map(({ name, value }) => `--${name}${value ? ` ${value}` : ''}`);
  const width = Math.max(...names.map((name) => name.length));
  const lines = flags.map(({ help }, index) => `  ${names[index]?.padEnd(width)}  ${help}`);
  return `Usage: dispatch [flags]

Sends a file of requests to agents, models and APIs and writes every answer, once. It can be
interrupted or killed at any moment: run it again with the same output and it goes on.
Without a base URL or a provider's key the rows go to embedded upstreams that stumble on purpose.

${lines.join('\n')}

Environment:
  LINKSPAN_<FLAG>          the same as a flag: LINKSPAN_BASE_URL, LINKSPAN_CONCURRENCY,
                           LINKSPAN_MAX_RETRIES (--retries), LINKSPAN_TOTAL_MS (--timeout-ms), ...
  LINKSPAN_API_KEY         sent to --base-url; LINKSPAN_CHAT_API_KEY, LINKSPAN_AG_UI_API_KEY and
                           their like to the base URL of their kind, LINKSPAN_FALLBACK_API_KEY
                           to --fallback
  OPENAI_API_KEY           with --input, sends chat and openai-sdk rows to OPENAI_BASE_URL or
                           api.openai.com
  ANTHROPIC_API_KEY        with --input, sends messages and anthropic-sdk rows to
                           ANTHROPIC_BASE_URL or api.anthropic.com
  OPENROUTER_API_KEY, MISTRAL_API_KEY, GROQ_API_KEY, DEEPSEEK_API_KEY
                           sent when a base URL is that provider's

Exit status: 0 every row has an answer or a recorded failure, 1 the run could not be finished,
2 the flags, the environment or the input are wrong, 130 interrupted.
`;
}
