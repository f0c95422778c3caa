import { UserError } from '../errors';

/** The system's code of a failed file or network call (`ENOSPC`, `ENOTFOUND`, …), also of an error's cause. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? errorCode(error.cause) : undefined;
}

/** A failed file call in words: what could not be done to which file, why, and what helps. Our own errors pass through. */
export function fileError(error: unknown, action: 'read' | 'write', file: string): UserError {
  if (error instanceof UserError) return error;
  const code = errorCode(error);
  const reason = (code !== undefined && reasons[code]) || (error instanceof Error ? error.message : String(error));
  return new UserError(`Cannot ${action} ${file}: ${reason}`, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run it again; nothing that was there before is lost.',
  EDQUOT: 'your disk quota is used up. Free some space and run it again; nothing that was there before is lost.',
  EROFS: 'the disk is mounted read-only. Choose another folder.',
  EACCES: 'permission denied. Choose another folder or change its permissions.',
  EPERM: 'the operation is not permitted. Choose another folder or change its permissions.',
  ENOENT: 'there is no such file or folder. Check the path.',
  ENOTDIR: 'a part of the path is a file where a folder is needed. Check the path.',
  EISDIR: 'it is a folder where a file is needed. Check the path.',
  EEXIST: 'a file stands where a folder is needed. Check the path.',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n) or close other programs.',
  EIO: 'the disk reports an input/output error. Check the disk.',
};
