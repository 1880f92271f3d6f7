import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBase32LowerCaseNoPadding } from '@oslojs/encoding';
import { hasCode } from '../../platform/error-code';
import { readOrCreateKeptFile } from '../../platform/kept-file';

/** Where a password of the demo comes from: DEMO_PASSWORD, or `<dataDir>/demo-password`. */
export interface DemoPassword {
  readonly password: string;
  readonly from: 'environment' | 'file';
}

const FILE_NAME = 'demo-password';

/** The password for a new demo: the given one, or else one of 80 random bits that is kept in the data folder (mode 600). */
export async function chooseDemoPassword(dataDir: string, given: string | undefined): Promise<DemoPassword> {
  if (given !== undefined) return { password: given, from: 'environment' };
  const text = await readOrCreateKeptFile(join(dataDir, FILE_NAME), () => `${makePassword()}\n`);
  return { password: text.trim(), from: 'file' };
}

/** The passwords that the demo may have been made with. Makes nothing. */
export async function findDemoPasswords(dataDir: string, given: string | undefined): Promise<DemoPassword[]> {
  const kept = await readFile(join(dataDir, FILE_NAME), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  return [
    ...(given === undefined ? [] : [{ password: given, from: 'environment' as const }]),
    ...(kept === undefined ? [] : [{ password: kept.trim(), from: 'file' as const }]),
  ];
}

/** In groups of four, because people type it on phones: `abcd-efgh-2345-wxyz`. */
function makePassword(): string {
  const text = encodeBase32LowerCaseNoPadding(new Uint8Array(randomBytes(10)));
  return (text.match(/.{4}/g) ?? []).join('-');
}
