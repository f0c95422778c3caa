import { gzipSync } from 'node:zlib';
import { pack, type Headers } from 'tar-stream';

/** An entry of an archive: a file name or a tar header, and the content. */
export type Member = readonly [header: string | Headers, content?: Uint8Array | string];

/** Returns a tar archive of these entries. */
export async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content = ''] of members) {
    const bytes = Buffer.from(content);
    const { size = bytes.length, ...rest } = typeof header === 'string' ? { name: header } : header;
    if (size === bytes.length && rest.type !== 'symlink' && rest.type !== 'link')
      archive.entry({ ...rest, size }, bytes);
    else archive.entry({ ...rest, size: 0 });
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Returns a gzip-compressed tar archive of these entries. */
export async function tarGzOf(members: readonly Member[]): Promise<Buffer> {
  return gzipSync(await tarOf(members), { level: 1 });
}
