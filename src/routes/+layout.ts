/** Everything shown comes from this device's IndexedDB, which no server can read. */
export const ssr = false;
