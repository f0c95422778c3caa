import { escapeHtml } from '../plots/escape';
import { jupyterKernel } from './jupyterKernel';

const style = 'padding:.6em 1em;border-left:6px solid #D55E00;background:#fdf0e7;color:#222';

/** Shows a warning that applies to the cells below, such as that images are synthetic. Does nothing without a text. */
export function banner(text: string | undefined): void {
  if (text === undefined) return;
  const tslab = jupyterKernel();
  if (!tslab) return void process.stderr.write(`! ${text}\n`);
  tslab.display.html(`<div role="alert" style="${style}"><strong>${escapeHtml(text)}</strong></div>`);
}
