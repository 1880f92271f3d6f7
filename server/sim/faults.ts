/** What can go wrong between a device and the server. */
export const networkFaults = ['lost-request', 'lost-reply', 'doubled', 'delayed', 'late'] as const;
/** What can go wrong in the database while it runs, as the server's process sees it. */
export const databaseFaults = ['serialization', 'deadlock', 'commit-unknown', 'slow'] as const;
/** What happens to server and Postgres. */
export const serverFaults = ['server-kill', 'commit-kill', 'job-kill', 'postgres-crash', 'restore'] as const;
/** What happens to a device. */
export const deviceFaults = [
  'offline',
  'freeze',
  'tab-kill',
  'second-tab',
  'clock-skew',
  'storage-loss',
  'session-lost',
  'member-leaves',
  'user-switch',
] as const;

export const faultKinds = [...networkFaults, ...databaseFaults, ...serverFaults, ...deviceFaults] as const;

export type NetworkFault = (typeof networkFaults)[number];
export type DatabaseFault = (typeof databaseFaults)[number];
export type ServerFault = (typeof serverFaults)[number];
export type DeviceFault = (typeof deviceFaults)[number];
export type FaultKind = (typeof faultKinds)[number];

/** How many faults of each kind a run had. */
export type FaultCounts = Record<FaultKind, number>;

export function noFaults(): FaultCounts {
  return Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as FaultCounts;
}

/** The probability of each network fault at one call. `late`: the device hears of a failure, the server of the call later. */
export const NETWORK_RATES: Readonly<Record<NetworkFault, number>> = {
  'lost-request': 0.05,
  'lost-reply': 0.08,
  doubled: 0.06,
  delayed: 0.1,
  late: 0.04,
};

/** The probability of each database fault at one statement of a transaction; `commit-unknown` at one COMMIT. */
export const DATABASE_RATES: Readonly<Record<DatabaseFault, number>> = {
  serialization: 0.004,
  deadlock: 0.004,
  'commit-unknown': 0.02,
  slow: 0.04,
};

/** The probability that a device meets each fault in one step, and for how many steps it lasts (from, below). */
export const DEVICE_RATES: Readonly<Record<DeviceFault, { rate: number; steps: readonly [number, number] }>> =
  {
    offline: { rate: 0.006, steps: [3, 25] },
    freeze: { rate: 0.008, steps: [2, 20] },
    'tab-kill': { rate: 0.006, steps: [1, 4] },
    'second-tab': { rate: 0.006, steps: [5, 30] },
    'clock-skew': { rate: 0.003, steps: [10, 60] },
    'storage-loss': { rate: 0.0015, steps: [1, 3] },
    'session-lost': { rate: 0.004, steps: [2, 12] },
    'member-leaves': { rate: 0.0012, steps: [5, 40] },
    'user-switch': { rate: 0.002, steps: [4, 15] },
  };

/** How often each happens in a run, at most (it is drawn from 0 upwards, the first of them always at least once). */
export const SERVER_TIMES: Readonly<Record<ServerFault, number>> = {
  'server-kill': 2,
  'commit-kill': 2,
  'job-kill': 2,
  'postgres-crash': 1,
  restore: 1,
};
