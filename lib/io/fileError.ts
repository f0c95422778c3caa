import { UserError } from '../errors';

/** The system's code of a failed file or network call (`ENOSPC`, `ENOTFOUND`, …), taken from the error or its cause. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? errorCode(error.cause) : undefined;
}

/**
 * A UserError for a failed file call: which file could not be read or written, why, and what to do. Returns a UserError
 * unchanged.
 */
export function fileError(error: unknown, action: 'read' | 'write', file: string): UserError {
  if (error instanceof UserError) return error;
  const code = errorCode(error);
  const reason = (code !== undefined && reasons[code]) || (error instanceof Error ? error.message : String(error));
  return new UserError(`Cannot ${action} ${file}: ${reason}`, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run it again; existing files are unchanged.',
  EDQUOT: 'the disk quota is used up. Free some space and run it again; existing files are unchanged.',
  EROFS: 'the disk is mounted read-only. Choose another folder.',
  EACCES: 'permission denied. Choose another folder or change its permissions.',
  EPERM: 'the operation is not permitted. Choose another folder or change its permissions.',
  ENOENT: 'no such file or folder. Check the path.',
  ENOTDIR: 'a part of the path is a file, not a folder. Check the path.',
  EISDIR: 'it is a folder, not a file. Check the path.',
  EEXIST: 'there is a file where a folder is needed. Check the path.',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n) or close other programs.',
  EIO: 'the disk reports an input/output error. Check the disk.',
};
