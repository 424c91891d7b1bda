import type { MaxTokensField } from './openai-params.ts';

/** Where OpenAI is. */
export const OPENAI_URL = 'https://api.openai.com/v1';

const AZURE = /\.(?:openai\.azure|services\.ai\.azure|cognitiveservices\.azure)\.(?:com|us|cn)$/;

/** What is known of a server by its address. */
export interface OpenAIServer {
  /** What URLs begin with, without a slash at the end. */
  readonly baseUrl: string;
  /** Whether it wants its key as `api-key`. */
  readonly isAzure: boolean;
  readonly maxTokensField: MaxTokensField;
}

/**
 * What the address of a server tells.
 *
 * @param apiVersion of Azure's older API, which is below `/openai` of the resource.
 */
export function openaiServer(address: string, apiVersion: string | undefined): OpenAIServer {
  const { origin, hostname, pathname } = new URL(address);
  const path = pathname.replace(/\/+$/, '');
  const isResource = apiVersion !== undefined && !path.split('/').includes('openai');
  const isAzure = apiVersion !== undefined || AZURE.test(hostname);
  return {
    baseUrl: `${origin}${path}${isResource ? '/openai' : ''}`,
    isAzure,
    maxTokensField:
      isAzure || hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens',
  };
}
