import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileError } from './fileError';

/** The SHA-256 of a file in hexadecimal. Throws a UserError if the file cannot be read. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1 << 20 });
    for await (const chunk of chunks) hash.update(chunk);
  } catch (error) {
    throw fileError(error, 'read', file);
  }
  return hash.digest('hex');
}
