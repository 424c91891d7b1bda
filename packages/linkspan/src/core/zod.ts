// All of @linkspan/core/zod.
export { settingsSchema } from '@linkspan/core/zod';
