import { writeFileSync } from 'node:fs';
import { Command } from 'commander';

import { run } from './cli/run';
import { groupOf, groups } from './errors/groups';
import { messages } from './errors/messages';

/** The page of all errors, from their messages in the code and what scripts/errors/groups.ts says of each kind. */
export function errorsPage(): string {
  const all = messages();
  const sections = groups.map((group) => {
    const texts = [...new Set(all.filter(({ file }) => groupOf(file) === group).map(({ text }) => text))];
    return texts.length === 0 && group.places[0] !== 'scripts/setup'
      ? ''
      : `\n## ${group.title}\n\n**Meaning.** ${group.meaning}\n\n**Cure.** ${group.cure}\n\n${texts.map((text) => `- ${shown(text)}\n`).join('')}`;
  });
  return `# What can go wrong

Every error that is meant for you is a line or a few, without a stack: what was wrong, where, and what to do; a command then ends with exit code 1. This page lists them by kind, each with its meaning and cure; … stands for what differs. Search it for words of the message. A stack on your screen is a fault of ours: please tell us, with the command. (The page is made from the code by \`npm run errors\`.)
${sections.join('')}`;
}

/** A message as code that keeps its own backticks. */
function shown(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

if (require.main === module) {
  const command = new Command('npm run errors')
    .description('Writes docs/errors.md anew.')
    .action(() => writeFileSync('docs/errors.md', errorsPage()));
  void run(command);
}
