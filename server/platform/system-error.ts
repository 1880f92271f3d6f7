/** What a sentence about a failure of the system can name. */
export interface Place {
  port: number;
  dataDir: string;
}

/** What the person who started the program can do about a port, file or disk that cannot be had; null for all else. */
export function explainSystemError(error: unknown, place: Place): string | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  return syscall === 'listen' ? explainPort(code, place) : explainFile(code, path ?? place.dataDir, place);
}

function explainPort(code: string | undefined, { port }: Place): string | null {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use, perhaps by another Undercroft. Give another one: PORT=3001 npm start`;
    case 'EACCES':
      return `Port ${port} may not be used: ports below 1024 are the system's.`;
    default:
      return null;
  }
}

function explainFile(code: string | undefined, path: string, { dataDir }: Place): string | null {
  const remedy = `or give a folder of your own with DATA_DIR (now ${dataDir}).`;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `Undercroft may not use ${path}. Give its user the right to, ${remedy}`;
    case 'EROFS':
      return `${path} is on a disk that can only be read. Make it writable, ${remedy}`;
    case 'ENOSPC':
      return `There is no space left on the disk of ${path}. Make some, ${remedy}`;
    default:
      return null;
  }
}
