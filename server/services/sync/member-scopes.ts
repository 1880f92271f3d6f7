import { scopesOf } from '#shared/domain/access';
import type { Role } from '#shared/domain/entities';
import type { ScopeKind } from './scope-entities';

export interface MemberScope {
  readonly kind: ScopeKind;
  /** As on the wire and in the change index: `site:<id>`. */
  readonly name: string;
}

/** The scopes a member may have a copy of, by name. */
export function memberScopes(siteId: string, member: { id: string; role: Role }): MemberScope[] {
  return scopesOf(member.role).map((kind) => ({
    kind,
    name: `${kind}:${kind === 'member' ? member.id : siteId}`,
  }));
}
