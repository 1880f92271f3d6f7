import type { ColumnType } from 'kysely';
import type {
  Direction,
  IncidentKind,
  Movement,
  PassStatus,
  Registration,
  ReservationState,
  Role,
  ScanResult,
  SlotClaim,
  SlotKind,
  Topup,
  WaitlistEntry,
  VisitPayment,
} from '#shared/domain/entities';
import type { OutcomeStatus } from '#shared/protocol/push';
import type { databaseColumns } from './database-columns';

/** What pg reads of a type with the parsers of `createPool`, and takes for it. */
interface Values {
  uuid: string;
  text: string;
  varchar: string;
  _text: string[];
  _uuid: string[];
  bool: boolean;
  int2: number;
  int4: number;
  int8: number;
  timestamptz: Date;
  bytea: Uint8Array;
  /** Parsed with a schema where it is read. */
  json: unknown;
  jsonb: unknown;
  xid8: string;
  /** Text as Postgres writes it. */
  tstzrange: string;
  tstzmultirange: string;
  /** `YYYY-MM-DD`, see createPool. */
  date: string;
}

/** Texts that a check constraint (or the only writer) limits to a few. */
interface Refinements {
  'sites.registration': Registration;
  'passkey_challenges.purpose': 'register' | 'authenticate' | 'verify' | 'join';
  'members.role': Role;
  'oidc_flows.purpose': 'sign_in' | 'link' | 'verify';
  'invitations.kind': 'email' | 'link' | 'code';
  'invitations.role': Role;
  'join_requests.decision': 'approved' | 'refused' | 'withdrawn';
  'slots.kind': SlotKind;
  'reservations.state': ReservationState;
  'accounts.kind': 'member' | 'site' | 'issuance';
  'movements.kind': Movement['kind'];
  'slot_claims.kind': SlotKind;
  'slot_claims.state': SlotClaim['state'];
  'waitlist_entries.state': WaitlistEntry['state'];
  'topups.method': Topup['method'];
  'topups.state': Topup['state'];
  'passes.kind': 0 | 1 | 2 | 3;
  'passes.status': PassStatus;
  'scans.result': ScanResult;
  'scans.direction': Direction;
  'incidents.kind': IncidentKind;
  'visitor_passes.uses': 1 | 2;
  'visitor_passes.payment': VisitPayment;
  'intents.status': OutcomeStatus;
}

type Tables = typeof databaseColumns;

type ValueOf<Path extends string, Type extends string> = Path extends keyof Refinements
  ? Refinements[Path]
  : Type extends keyof Values
    ? Values[Type]
    : never;

type Column<Path extends string, Spec> = Spec extends `${infer Type} null`
  ? ColumnType<ValueOf<Path, Type> | null>
  : Spec extends `${infer Type} default`
    ? ColumnType<ValueOf<Path, Type>, ValueOf<Path, Type> | undefined, ValueOf<Path, Type>>
    : Spec extends `${infer Type} generated`
      ? ColumnType<ValueOf<Path, Type>, never, never>
      : Spec extends string
        ? ColumnType<ValueOf<Path, Spec>>
        : never;

/** The whole schema as Kysely sees it. */
export type Database = {
  [T in keyof Tables]: {
    [C in keyof Tables[T]]: Column<`${T & string}.${C & string}`, Tables[T][C]>;
  };
};
