import { gzipSync } from 'node:zlib';
import { readTar } from '../../../lib/io/tar/readTar';
import { hostileTar, type Entry } from '../tarBytes';
import type { Target } from '../target';

/** Archives of any files, with names outside the folder, links, wrong sizes and decompression bombs. */
export const target: Target = {
  file: 'input.tar',
  make: (random) => {
    const entries = Array.from({ length: 1 + random.integer(4) }, (_, i): Entry => ({
      name: `folder/${i}.txt`,
      content: Buffer.alloc(random.integer(1500), random.integer(256)),
    }));
    if (random.uniform() < 0.01) entries.push({ name: 'zeros', content: new Uint8Array(3e6) });
    const archive = hostileTar(random, entries);
    return random.uniform() < 0.3 ? gzipSync(archive, { level: 1 }) : archive;
  },
  read: async (file) => {
    const names: string[] = [];
    for await (const { name, size, chunks } of readTar(file, { totalBytes: 2e6, members: 10 })) {
      let bytes = 0;
      // A program that unpacks the archive would write to this path, which must stay inside the folder.
      if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`a member is named ${name}`);
      for await (const chunk of chunks) bytes += chunk.length;
      if (bytes !== size) throw new Error(`${name} has ${bytes} bytes instead of ${size}`);
      names.push(name);
    }
    return names;
  },
};
