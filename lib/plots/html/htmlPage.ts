import { escapeHtml } from '../escape';

/** A page of its own with a title; `body` is HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${body}
</body></html>
`;
}

const style = `
body { font: 16px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; color: #222; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; vertical-align: top; }
caption { caption-side: bottom; color: #555; font-size: .9rem; padding-top: .4rem; }
img { max-width: 100%; }
.answer { font-size: 1.15rem; }
.figure { margin: 1.5rem 0; }
pre { overflow-x: auto; background: #f5f5f5; padding: 1rem; }
`;
