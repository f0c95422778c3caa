import { UserError } from '../../../errors';
import { readTar, type TarMember } from '../../../io/tar/readTar';
import { CifarRecords, type CifarLayout, type CifarSplit } from './records';

export interface CifarArchive {
  readonly train: CifarSplit;
  readonly test: CifarSplit;
  /** The names of the fine classes. */
  readonly classes: readonly string[];
}

/**
 * Reads CIFAR-100's binary archive with its records in any order. The archive is recognised by its structure, not by
 * its checksum. Throws a UserError that names the archive, the member and the record if anything does not fit the
 * layout.
 */
export async function readCifarArchive(file: string, layout: CifarLayout): Promise<CifarArchive> {
  const splits = new Map<string, CifarSplit>();
  const names = new Map<string, readonly string[]>();
  for await (const member of readTar(file, { totalBytes: 256e6, members: 32 })) {
    const name = member.name.split('/').at(-1)!;
    if (name === 'train.bin') splits.set(name, await readRecords(member, file, layout, layout.trainPerClass));
    if (name === 'test.bin') splits.set(name, await readRecords(member, file, layout, layout.testPerClass));
    if (name === 'fine_label_names.txt') names.set(name, await readNames(member, file, layout.classes));
    if (name === 'coarse_label_names.txt') names.set(name, await readNames(member, file, layout.groups));
  }
  requireMember(names, 'coarse_label_names.txt', file);
  return {
    train: requireMember(splits, 'train.bin', file),
    test: requireMember(splits, 'test.bin', file),
    classes: requireMember(names, 'fine_label_names.txt', file),
  };
}

function requireMember<T>(members: ReadonlyMap<string, T>, name: string, file: string): T {
  const value = members.get(name);
  if (value !== undefined) return value;
  throw new UserError(
    `${file} is not the binary archive of CIFAR-100: it contains no ${name}. Download cifar-100-binary.tar.gz.`,
  );
}

async function readRecords(
  { name, size, chunks }: TarMember,
  file: string,
  layout: CifarLayout,
  perClass: number,
): Promise<CifarSplit> {
  const records = new CifarRecords(`${file}, ${name}`, size, layout, perClass);
  for await (const chunk of chunks) records.add(chunk);
  return records.finish();
}

async function readNames({ name, size, chunks }: TarMember, file: string, count: number): Promise<readonly string[]> {
  if (size > 1e5) {
    throw new UserError(
      `${file}, ${name}: ${size} bytes are too many for ${count} names. Download cifar-100-binary.tar.gz again.`,
    );
  }
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const lines = Buffer.concat(parts).toString('utf8').split('\n');
  const names = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (names.length !== count || new Set(names).size !== count) {
    throw new UserError(
      `${file}, ${name}: expected ${count} different names, found ${names.length}. ` +
        'Download cifar-100-binary.tar.gz again.',
    );
  }
  return names;
}
