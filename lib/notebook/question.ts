import { withoutTags } from '../plots/html/escape';
import { kernel } from './kernel';

/** A question whose answer is shown at the top, where it was opened, as soon as the numbers are there. */
export interface Question {
  /** Shows the answer, in Markdown, in the place kept for it. */
  answer(markdown: string): void;
}

/** Keeps a place for the answer that later cells compute, so that a page begins with what was measured and with nothing else. */
export function openQuestion(): Question {
  const tslab = kernel();
  if (!tslab) return { answer: (markdown) => void process.stdout.write(`${markdown}\n`) };
  const display = tslab.newDisplay();
  display.markdown('*The answer stands here as soon as the cells below have computed it.*');
  return { answer: (markdown) => display.markdown(withoutTags(markdown)) };
}
