import type { ReceiptFile } from '#shared/protocol/credits';
import { saveFile } from '../shared/save-file';

/** Puts a receipt among the browser's downloads. Begins soon after a tap. */
export function saveReceipt({ name, pdf }: ReceiptFile): void {
  const bytes = Uint8Array.from(atob(pdf), (letter) => letter.charCodeAt(0));
  saveFile(new Blob([bytes], { type: 'application/pdf' }), name);
}
