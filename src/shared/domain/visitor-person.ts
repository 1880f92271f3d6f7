import type { Visitor } from './entities';

/**
 * D2: name and phone as they are compared, so that the same person is not expected twice: case, accents, spaces and the way
 * a number is written do not matter; a leading `00` is a `+`.
 */
export function personKey({ name, phone }: Visitor): string {
  const plainName = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/gu, ' ').trim();
  const digits = phone.replace(/^\s*00/, '+').replace(/[^0-9+]/g, '');
  return `${plainName}\n${digits}`;
}
