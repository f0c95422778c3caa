import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import maxWordCount from 'textlint-rule-en-max-word-count';
import prh from 'textlint-rule-prh';
import { proseOf } from './prose.mjs';

/** A sentence with more words than this is reported. */
const maxWords = 30;

const kernel = new TextlintKernel();
const moduleOf = (imported) => imported.default ?? imported;
const everywhere = { checkLink: true, checkBlockQuote: true, checkEmphasis: true };

const options = {
  ext: '.md',
  plugins: [{ pluginId: 'markdown', plugin: moduleOf(markdown) }],
  rules: [
    {
      ruleId: 'terms',
      rule: moduleOf(prh),
      options: { rulePaths: [fileURLToPath(new URL('./terms.yml', import.meta.url))], ...everywhere },
    },
    { ruleId: 'sentence-length', rule: moduleOf(maxWordCount), options: { max: maxWords } },
  ],
};

/**
 * Checks the prose of one file.
 * Returns the problems in order, each with its place: a line, or a cell and a line in a notebook.
 */
export async function checkFile(file) {
  const { text, places } = proseOf(file, readFileSync(file, 'utf8'));
  if (text.trim() === '') return [];
  const { messages } = await kernel.lintText(text, { ...options, filePath: `${file}.md` });
  return messages.map(({ line, message, ruleId }) => ({
    place: places[line - 1] ?? '?',
    message: `${message.replace(/\n/g, ' ')} (${ruleId})`,
  }));
}
