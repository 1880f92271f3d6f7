import { callTexts } from './call-texts';
import { refusalTexts } from './refusal-texts';

/** The one table from error code to words. Screens, tRPC and tests read it; nothing else words an error. */
export const errorTexts = { ...refusalTexts, ...callTexts } as const;

export type ErrorCode = keyof typeof errorTexts;
