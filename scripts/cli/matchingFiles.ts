import path from 'node:path';
import { UserError } from '../../lib/errors';

/**
 * The files that a command line selects: those whose path contains one of the words, or all without words. A word may
 * be a path. Throws a UserError if a word selects no file, because a typing error would otherwise go unnoticed.
 */
export function matchingFiles(files: readonly string[], words: readonly string[], kind: string): string[] {
  const wanted = words.map((word) => path.relative('', path.resolve(word)));
  const selects = (word: string, index: number, file: string): boolean =>
    word !== '' && (file.includes(words[index]!) || file === word || file.startsWith(`${word}${path.sep}`));
  const unmatched = words.filter((_, index) => !files.some((file) => selects(wanted[index]!, index, file)));
  if (unmatched.length > 0) {
    const names = unmatched.map((word) => `"${word}"`).join(' or ');
    const listed = files.length > 40 ? '' : ` Available: ${files.map((file) => path.basename(file)).join(', ')}.`;
    throw new UserError(`No ${kind} has a path that contains ${names}.${listed}`);
  }
  return files.filter((file) => words.length === 0 || wanted.some((word, index) => selects(word, index, file)));
}
