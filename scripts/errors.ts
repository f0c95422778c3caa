import { writeFileSync } from 'node:fs';
import { Command } from 'commander';

import { run } from './cli/run';
import { groupOf, groups, type Group } from './errors/groups';
import { messages } from './errors/messages';

const introduction = [
  'Every error for users is one or a few lines without a stack trace: what is wrong, where, and what to do.',
  'The command then ends with exit code 1.',
  'This page lists these errors by subject, each with its meaning and what to do; … marks the parts that vary.',
  'Search it for words of your message.',
  'A stack trace is a bug in this project: please report it, with the command.',
  '(`npm run errors` generates this page from the code.)',
].join(' ');

/** Returns docs/errors.md: all error messages in the code, grouped and explained by scripts/errors/groups.ts. */
export function errorsPage(): string {
  const all = messages();
  const sections = groups.map((group) => {
    const texts = new Set(all.filter(({ file }) => groupOf(file) === group).map(({ text }) => text));
    return texts.size === 0 ? '' : section(group, [...texts]);
  });
  return `# Errors\n\n${introduction}\n${sections.join('')}`;
}

function section({ title, meaning, remedy }: Group, texts: readonly string[]): string {
  const list = texts.map((text) => `- ${asCode(text)}\n`).join('');
  return `\n## ${title}\n\n**Meaning.** ${meaning}\n\n**What to do.** ${remedy}\n\n${list}`;
}

/** A message as Markdown code that may contain backticks. */
function asCode(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

if (require.main === module) {
  const command = new Command('npm run errors')
    .description('Writes docs/errors.md.')
    .action(() => writeFileSync('docs/errors.md', errorsPage()));
  void run(command);
}
