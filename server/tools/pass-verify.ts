/**
 * `npm run pass:verify -- FILE`: runs a file of conformance cases (docs: pass-format.md, "Conformance vectors") through the
 * product's own verifier. Prints one JSON line a case, `{"name": …, "result": …}`, and nothing else on stdout. A case that lacks
 * what it must have gives the result `invalid_case` and exit code 1, and the others still run; a file that cannot be read
 * is said on stderr with exit code 2.
 */
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { runPassCase } from '../../src/shared/pass/conformance-case';

const inflateLimited = promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(inflate);
const tools = {
  subtle: webcrypto.subtle,
  inflate: (bytes: Uint8Array, maxOutputLength: number) => inflateLimited(bytes, { maxOutputLength }),
};

/** The cases of a file of the form `{"format": "UC1", "cases": [...]}`; an Error whose message says what is wrong otherwise. */
function readCases(file: string): unknown[] {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof content !== 'object' || content === null || !('cases' in content)) {
    throw new Error('no "cases" in it');
  }
  if ('format' in content && content.format !== 'UC1') throw new Error('its "format" is not "UC1"');
  if (!Array.isArray(content.cases)) throw new Error('its "cases" is not an array');
  return content.cases;
}

async function main(file: string | undefined): Promise<number> {
  if (file === undefined) {
    process.stderr.write('usage: npm run pass:verify -- FILE\n');
    return 2;
  }
  let cases: unknown[];
  try {
    cases = readCases(file);
  } catch (error) {
    process.stderr.write(`pass:verify: cannot use ${file}: ${(error as Error).message}\n`);
    return 2;
  }
  let exitCode = 0;
  for (const [index, entry] of cases.entries()) {
    const { line, problem } = await runPassCase(tools, entry, index);
    if (problem !== null) {
      process.stderr.write(`pass:verify: case ${index} (${line.name}): ${problem}\n`);
      exitCode = 1;
    }
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  return exitCode;
}

process.exitCode = await main(process.argv[2]);
