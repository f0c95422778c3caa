import { UserError } from '../../errors';
import { readTar, type TarMember } from '../../io/tar/readTar';
import { CifarRecords, type CifarLayout } from './cifarRecords';

/** What the archive holds: images [count, 32, 32, 3] and fine labels [count] of both parts, and the names of the fine classes. */
export interface CifarArchive {
  readonly train: CifarPart;
  readonly test: CifarPart;
  readonly classes: readonly string[];
}

export interface CifarPart {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * Reads CIFAR-100's binary archive, with its records in any order: it is known by its structure, not its checksum. Throws a
 * UserError that names the archive, the member and the record for all that does not fit.
 */
export async function readCifarArchive(file: string, layout: CifarLayout): Promise<CifarArchive> {
  const parts = new Map<string, CifarPart>();
  const names = new Map<string, readonly string[]>();
  for await (const member of readTar(file, { totalBytes: 256e6, members: 32 })) {
    const name = member.name.split('/').at(-1)!;
    if (name === 'train.bin') parts.set(name, await readRecords(member, file, layout, layout.trainPerClass));
    if (name === 'test.bin') parts.set(name, await readRecords(member, file, layout, layout.testPerClass));
    if (name === 'fine_label_names.txt') names.set(name, await readNames(member, file, layout.classes));
    if (name === 'coarse_label_names.txt') names.set(name, await readNames(member, file, layout.groups));
  }
  const found = <T>(members: Map<string, T>, name: string): T => {
    const value = members.get(name);
    if (value === undefined)
      throw new UserError(
        `${file} is not CIFAR-100's binary archive: it holds no ${name}. Fetch cifar-100-binary.tar.gz.`,
      );
    return value;
  };
  found(names, 'coarse_label_names.txt');
  return {
    train: found(parts, 'train.bin'),
    test: found(parts, 'test.bin'),
    classes: found(names, 'fine_label_names.txt'),
  };
}

async function readRecords(
  { name, size, chunks }: TarMember,
  file: string,
  layout: CifarLayout,
  perClass: number,
): Promise<CifarPart> {
  const records = new CifarRecords(`${file}, ${name}`, size, layout, perClass);
  for await (const chunk of chunks) records.add(chunk);
  return records.finish();
}

async function readNames({ name, size, chunks }: TarMember, file: string, count: number): Promise<readonly string[]> {
  if (size > 1e5) throw new UserError(`${file}, ${name}: ${size} bytes are too many for ${count} names.`);
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const names = Buffer.concat(parts)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== count || new Set(names).size !== count) {
    throw new UserError(`${file}, ${name}: ${names.length} names where ${count} different ones are expected.`);
  }
  return names;
}
