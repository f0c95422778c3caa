import { withoutTags } from '../plots/escape';
import { jupyterKernel } from './jupyterKernel';

/** A placeholder for the notebook's answer, at the place where the question was opened. */
export interface Question {
  /** Replaces the placeholder by the answer, in Markdown. */
  answer(markdown: string): void;
}

/** Reserves a place at the top of the page for the answer that later cells compute. */
export function openQuestion(): Question {
  const tslab = jupyterKernel();
  if (!tslab) return { answer: (markdown) => void process.stdout.write(`${markdown}\n`) };
  const display = tslab.newDisplay();
  display.markdown('*The answer appears here when the cells below have run.*');
  return { answer: (markdown) => display.markdown(withoutTags(markdown)) };
}
