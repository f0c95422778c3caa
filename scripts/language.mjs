// npm run -s language [-- PATH…]: checks the English of documentation, notebooks, comments and messages.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkFile } from './language/checkFile.mjs';
import { isChecked } from './language/prose.mjs';

const usage = `npm run -s language [-- PATH...]
  Reports terms outside docs/glossary.md and sentences that are too long, in the given files and folders.
  Default: every file of the project. The rules are in scripts/language/terms.yml.`;

const args = process.argv.slice(2);
const missing = args.find((arg) => !arg.startsWith('-') && !existsSync(arg));
if (args.some((arg) => arg.startsWith('-')) || missing !== undefined) {
  if (missing !== undefined) console.error(`${missing} does not exist.`);
  console.error(usage);
  process.exit(args.includes('--help') ? 0 : 2);
}

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...args]);
const files = listed
  .toString()
  .split('\0')
  .filter((file) => isChecked(file) && existsSync(file))
  .map((file) => path.normalize(file))
  .sort();

let count = 0;
for (const file of files) {
  for (const { place, message } of await checkFile(file)) {
    console.log(`${file}:${place} ${message}`);
    count++;
  }
}
if (count > 0) {
  console.error(`${count} problems of language in ${files.length} files. The glossary is docs/glossary.md.`);
  process.exit(1);
}
