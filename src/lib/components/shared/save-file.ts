/** Puts a file among the browser's downloads. Begins in a tap, or soon after one. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Not before the browser has begun to read it: Safari does so a moment later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Puts a text among the browser's downloads, `type` its media type. */
export function saveTextFile({ name, type, text }: { name: string; type: string; text: string }): void {
  saveFile(new Blob([text], { type }), name);
}
