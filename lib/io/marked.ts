import { UserError } from '../errors';

/** The text between `<!-- NAME -->` and `<!-- /NAME -->`, lines of their own; undefined where there are no such lines. */
export function markedBlock(text: string, name: string): string | undefined {
  return block(name).exec(text)?.[1];
}

/** The same text with another block. Throws UserError where it has no such lines. */
export function withMarkedBlock(text: string, name: string, content: string): string {
  if (!block(name).test(text)) throw new UserError(`There are no lines <!-- ${name} --> and <!-- /${name} --> to write between.`);
  return text.replace(block(name), () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
}

function block(name: string): RegExp {
  return new RegExp(`^<!-- ${name} -->\\n([^]*?)\\n?<!-- /${name} -->`, 'm');
}
