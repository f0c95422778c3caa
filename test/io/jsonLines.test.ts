import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { appendJsonLine, readJsonLines } from '../../lib/io/jsonLines';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';

const schema = z.object({ step: z.number(), text: z.string() });
const parse = (value: unknown): z.infer<typeof schema> => schema.parse(value);
const records = [
  { step: 1, text: 'first' },
  { step: 2, text: 'naïve "quotes"\nand a line' },
  { step: 3, text: '' },
];

test('reads back appended records', async (t) => {
  const file = path.join(await temporaryFolder(t), 'new', 'log.jsonl');
  for (const record of records) await appendJsonLine(file, record);
  assert.deepEqual(await readJsonLines(file, parse), records);
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 4);
});

test('keeps the complete records of a file truncated at any byte, and appends after them', async (t) => {
  const file = path.join(await temporaryFolder(t), 'log.jsonl');
  for (const record of records) await appendJsonLine(file, record);
  const whole = await readFile(file);
  for (let cut = 0; cut <= whole.length; cut++) {
    await writeFile(file, whole.subarray(0, cut));
    const ended = whole.subarray(0, cut + 1).filter((byte) => byte === 0x0a).length;
    assert.deepEqual(await readJsonLines(file, parse, { mayBeCut: true }), records.slice(0, ended), `cut at ${cut}`);
    await appendJsonLine(file, { step: 9, text: 'after' });
    assert.deepEqual(
      await readJsonLines(file, parse, { mayBeCut: true }),
      [...records.slice(0, ended), { step: 9, text: 'after' }],
      `after a cut at ${cut}`,
    );
  }
});

test('removes a truncated line that is longer than a block', async (t) => {
  const file = path.join(await temporaryFolder(t), 'log.jsonl');
  await writeFile(file, `{"step":1,"text":"a"}\n{"step":2,"text":"${'x'.repeat(20_000)}`);
  await appendJsonLine(file, { step: 2, text: 'b' });
  assert.deepEqual(await readJsonLines(file, parse, { mayBeCut: true }), [
    { step: 1, text: 'a' },
    { step: 2, text: 'b' },
  ]);
});

test('names the file and the line of a truncated record, and what to do', async (t) => {
  const file = path.join(await temporaryFolder(t), 'log.jsonl');
  for (const record of records) await appendJsonLine(file, record);
  const whole = await readFile(file);
  const starts = [0, ...[...whole.keys()].filter((at) => whole[at - 1] === 0x0a)].slice(0, records.length);
  for (let cut = 0; cut < whole.length; cut++) {
    await writeFile(file, whole.subarray(0, cut));
    const ended = whole.subarray(0, cut + 1).filter((byte) => byte === 0x0a).length;
    // A whole line without its newline is complete.
    if (starts.includes(cut) || whole[cut] === 0x0a) {
      assert.deepEqual(await readJsonLines(file, parse), records.slice(0, ended), `cut at ${cut}`);
    } else {
      const place = `${file}, line ${ended + 1} is invalid: the file ends within this record.`;
      await rejectsWith(readJsonLines(file, parse, { remedy: 'Run it again.' }), place, 'Run it again.');
    }
  }
});

test('names the file and the line of other damage', async (t) => {
  const file = path.join(await temporaryFolder(t), 'log.jsonl');
  await writeFile(file, '{"step":1,"text":"a"}\n{"step":2,"te\n{"step":3,"text":"c"}\n');
  await rejectsWith(readJsonLines(file, parse), `${file}, line 2`);
  await writeFile(file, '{"step":1,"text":"a"}\n\n{"step":"three","text":"c"}\n');
  await rejectsWith(readJsonLines(file, parse), `${file}, line 3`, 'step');
  await writeFile(file, Buffer.concat([Buffer.from('{"step":1,"text":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}\n')]));
  await rejectsWith(readJsonLines(file, parse), `${file}, line 1`);
});

test('throws a UserError for missing files and files that cannot be written', async (t) => {
  const folder = await temporaryFolder(t);
  await rejectsWith(readJsonLines(path.join(folder, 'none'), parse), 'Cannot read', 'no such file');
  await rejectsWith(readJsonLines(folder, parse), 'Cannot read', 'folder');
  await rejectsWith(appendJsonLine(folder, {}), 'Cannot write', 'folder');
  await rejectsWith(appendJsonLine('/dev/full', {}), 'Cannot write /dev/full', 'the disk is full');
});
