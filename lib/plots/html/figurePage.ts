import { tableHtml, type Table } from '../tables/table';
import { escapeHtml } from '../escape';

/** A part of a page: text, figures as HTML, and tables. */
export interface PageSection {
  readonly heading: string;
  readonly paragraphs?: readonly string[];
  readonly figures?: readonly string[];
  readonly tables?: readonly Table[];
}

/** A page with figures and tables, one section after the other. */
export function figurePage(title: string, sections: readonly PageSection[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${sections.map(sectionHtml).join('\n')}
</body></html>
`;
}

function sectionHtml({ heading, paragraphs = [], figures = [], tables = [] }: PageSection): string {
  return [
    `<h2>${escapeHtml(heading)}</h2>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`),
    ...figures.map((figure) => `<div class="figure">${figure}</div>`),
    ...tables.map(tableHtml),
  ].join('\n');
}

const style = `
body { font: 16px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; color: #222; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; vertical-align: top; }
caption { caption-side: bottom; color: #555; font-size: .9rem; padding-top: .4rem; }
img { max-width: 100%; }
.figure { margin: 1.5rem 0; }
`;
