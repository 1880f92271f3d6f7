import type { AnyProcedure } from '@trpc/server';
import { createAppRouter } from '../../trpc/app-router';

/** A procedure as the router has it. */
export interface RouterProcedure {
  /** Its dotted name. */
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  /** Its input parsers: zod schemas, or functions that parse. */
  readonly inputs: readonly unknown[];
}

/** Every procedure of the router that the server has, made without the services, which are asked for at a call only. */
export function listProcedures(): readonly RouterProcedure[] {
  const router = createAppRouter(anything() as Parameters<typeof createAppRouter>[0]);
  // The declared type is nested; at run time procedures stand under their dotted names.
  const procedures = Object.entries(router._def.procedures as unknown as Record<string, AnyProcedure>);
  return procedures.map(([path, { _def }]) => ({
    path,
    type: _def.type,
    inputs: (_def as unknown as { inputs: readonly unknown[] }).inputs,
  }));
}

/** Has every property, can be called, is empty when walked: what stands in for services that nobody calls. */
function anything(): unknown {
  const stand: unknown = new Proxy(() => undefined, {
    get: (_target, name) => {
      if (name === Symbol.iterator) return () => [][Symbol.iterator]();
      if (name === Symbol.toPrimitive) return () => '';
      return name === 'then' ? undefined : stand;
    },
    apply: () => stand,
    construct: () => stand as object,
  });
  return stand;
}
