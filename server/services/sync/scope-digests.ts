import { digestOf, sumOf, type Digest } from '#shared/protocol/digest';
import { schemaHashes } from '#shared/protocol/history';
import { rowSchemas } from '#shared/protocol/rows';
import type { MemberScope } from './member-scopes';
import type { Base } from './row-ids';
import { scopeEntities } from './scope-entities';

export interface ScopeDigests {
  /**
   * The digests of these scopes for a device with these row schemas. None for another build's, which stores the rows
   * otherwise, and none while another digest is made: the device asks again at its next pull.
   */
  answer(
    rowsHash: string | undefined,
    scopes: readonly MemberScope[],
    base: Base,
  ): Promise<{ digests?: Record<string, Digest> }>;
}

/**
 * Digests are read from the tables, not from the change index, which is what they are to check. Of 10,000 slots that is
 * some 100 ms, so a process makes one at a time, and a device asks a few times a day.
 */
export function createScopeDigests(): ScopeDigests {
  let isBusy = false;
  return {
    async answer(rowsHash, scopes, base) {
      if (rowsHash !== schemaHashes.rows || isBusy) return {};
      isBusy = true;
      try {
        const digests: Record<string, Digest> = {};
        for (const scope of scopes) digests[scope.name] = await digestWhole(scope, base);
        return { digests };
      } finally {
        isBusy = false;
      }
    },
  };
}

/** Rows hashed before others have their turn: some 5 ms. */
const AT_A_TIME = 500;

async function digestWhole(scope: MemberScope, base: Base): Promise<Digest> {
  const parts: Digest[] = [];
  for (const { entity, hydrate } of scopeEntities[scope.kind]) {
    const rows = await hydrate({ ...base, ids: null });
    for (let from = 0; from < rows.length; from += AT_A_TIME) {
      // Parsed, as the device parses: it keeps no key that the schema does not have.
      const part = rows.slice(from, from + AT_A_TIME);
      const read = part.map((row) => ({ entity, row: rowSchemas[entity].parse(row) }));
      parts.push(digestOf(read, base.now));
      await nextTurn();
    }
  }
  return sumOf(parts);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
