/*
 * What has become of the wire. history.test.ts hashes all of its schemas and fails on any change until this file says
 * what changed: it prints the new `schemaHashes`, and a line goes to the end of `history` with them.
 */

/** SHA-256, its first 12 hex digits, of the JSON schemas. `rows` also tells a device and a server whether their digests can be compared. */
export const schemaHashes = {
  push: '93acb62bb839',
  pull: '35702dd1f1cc',
  ops: 'c7a69dc2e77e',
  rows: 'e28af6f77d58',
  session: 'a5f2c919ee02',
} as const;

export interface HistoryLine {
  /** PROTOCOL_VERSION from here on. */
  readonly version: number;
  readonly change: string;
  /** `schemaHashes`, joined by spaces in their order. */
  readonly hashes: string;
}

/**
 * Oldest first. A line with the version of the one before is an additive change: a build from before it and a server
 * from after it, and the other way round, still understand each other (new optional fields, new ops, new rows).
 * Anything else takes a new version, and then a device from before is told `protocol_unsupported` and keeps its queue.
 */
export const history: readonly HistoryLine[] = [
  { version: 1, change: 'The first wire.', hashes: 'not recorded' },
  {
    version: 1,
    change:
      'Additive: a pull takes pages, digests and reload; a push says whose queue it is; rules, leases, changes and settling of reservations.',
    hashes: '8eb42bc5dfe3 35702dd1f1cc 9a2a2f7a1525 a27f270a1a25 74af2aa93e72',
  },
  {
    version: 1,
    change:
      'Additive: scans with direction, undo and journal; incidents, key bundles, visitor passes, devices, plates; sessions say when who sits there was verified.',
    hashes: '8eb42bc5dfe3 35702dd1f1cc aa80ec17cfdd abb5a9bc87c9 3c477001c5ba',
  },
  {
    version: 1,
    change:
      'Additive: members’ roles and leaving, who may register, devices given up with a keeper; the manager’s people, invitations and requests; sessions say who runs the installation.',
    hashes: '8eb42bc5dfe3 35702dd1f1cc e64dd101dfe9 623b87a10cbc a5f2c919ee02',
  },
  {
    version: 1,
    change:
      'Additive: own slots, weekly rules and the map; waiting in line; credits bought and peak prices; notices and how a member wants them; a push says when it was sent.',
    hashes: '93acb62bb839 35702dd1f1cc 6861f4a117b0 3ebba3c0619b a5f2c919ee02',
  },
  {
    version: 1,
    change:
      'Additive, before anybody had the line above: a place in line ends as served by what its member has booked otherwise; a wish for a reservation says the price it was agreed at.',
    hashes: '93acb62bb839 35702dd1f1cc c7a69dc2e77e e28af6f77d58 a5f2c919ee02',
  },
];
