import { escapeHtml } from '../plots/html/escape';
import { kernel } from './kernel';

/** A warning that a reader cannot pass over, as that images are made up; nothing where there is nothing to say. */
export function banner(text: string | undefined): void {
  if (text === undefined) return;
  const tslab = kernel();
  if (!tslab) return void process.stderr.write(`! ${text}\n`);
  tslab.display.html(
    `<div role="alert" style="padding:.6em 1em;border-left:6px solid #D55E00;background:#fdf0e7;color:#222"><strong>${escapeHtml(text)}</strong></div>`,
  );
}
