/** Puts a text among the browser's downloads. Begins in a tap, or soon after one. */
export function saveTextFile({ name, type, text }: { name: string; type: string; text: string }): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Not before the browser has begun to read it: Safari does so a moment later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
