import { tableHtml, type Table } from '../tables/table';
import { escapeHtml } from '../escape';
import { htmlPage } from './htmlPage';

/** A part of a page: text, figures as HTML, and tables. */
export interface PageSection {
  readonly heading: string;
  readonly paragraphs?: readonly string[];
  readonly figures?: readonly string[];
  readonly tables?: readonly Table[];
}

/** A page with figures and tables, one section after the other. */
export function figurePage(title: string, sections: readonly PageSection[]): string {
  return htmlPage(title, sections.map(sectionHtml).join('\n'));
}

function sectionHtml({ heading, paragraphs = [], figures = [], tables = [] }: PageSection): string {
  return [
    `<h2>${escapeHtml(heading)}</h2>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`),
    ...figures.map((figure) => `<div class="figure">${figure}</div>`),
    ...tables.map(tableHtml),
  ].join('\n');
}
