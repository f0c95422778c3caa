import { UserError } from '../../lib/errors';

/**
 * Replaces the content between `<!-- NAME -->` and `<!-- /NAME -->` for each block that the text has.
 * Throws a UserError if only one of the two marks exists, or if they are in the wrong order.
 */
export function withBlocks(text: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((page, [name, content]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [start, end] = [page.indexOf(open), page.indexOf(close)];
    if (start < 0 && end < 0) return page;
    if (start < 0 || end < start)
      throw new UserError(`The generated block "${name}" has no valid marks. Put it between ${open} and ${close}.`);
    return `${page.slice(0, start + open.length)}\n\n${content.trim()}\n\n${page.slice(end)}`;
  }, text);
}
