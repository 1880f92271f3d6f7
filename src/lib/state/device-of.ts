import type { Device } from './device';
import type { DeviceRecord, Platform } from './platform';

/** A member's database and what runs on it. Comes by dynamic import: who is signed out needs nothing that reads one. */
export async function deviceOf(platform: Platform, record: DeviceRecord): Promise<Device> {
  const { Device } = await import('./device');
  return new Device(platform, record);
}
