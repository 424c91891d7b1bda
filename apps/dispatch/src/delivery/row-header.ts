/** The header in which every request names its row: OpenAI and others log it. */
export const ROW_HEADER = 'x-client-request-id';
