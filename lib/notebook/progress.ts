import { escapeHtml } from '../plots/escape';
import { jupyterKernel } from './jupyterKernel';

/** A progress bar with the estimated time left. */
export interface Progress {
  /** Sets how much of the total is done, with a note such as `loss 2.31`. */
  update(done: number, note?: string): void;
  /** Shows the final state, even if the last update was skipped. */
  finish(note?: string): void;
}

interface State {
  readonly title: string;
  readonly total: number;
  readonly done: number;
  readonly seconds: number;
  readonly note: string;
}

/**
 * Shows a progress bar in a notebook or on a terminal, at most four times a second. If the output goes to a file, it
 * writes a line at every tenth.
 */
export function progress(title: string, total: number, now: () => number = Date.now): Progress {
  const surface = surfaceFor(total);
  const started = now();
  let state: State = { title, total, done: 0, seconds: 0, note: '' };
  let shown = -Infinity;
  const draw = (final: boolean): void => {
    shown = now();
    surface(state, final);
  };
  draw(false);
  return {
    update(done, note = '') {
      state = { ...state, done, note, seconds: (now() - started) / 1000 };
      if (now() - shown >= 250) draw(false);
    },
    finish(note = state.note) {
      state = { ...state, note, seconds: (now() - started) / 1000 };
      draw(true);
    },
  };
}

/** Formats a state: `Training 12/40, 0:31 left, loss 2.31`. */
export function progressText({ title, total, done, seconds, note }: State, final: boolean): string {
  const time = final ? `${clock(seconds)} in all` : done > 0 ? `${clock((seconds / done) * (total - done))} left` : '';
  return [`${title} ${done}/${total}`, time, note].filter((part) => part !== '').join(', ');
}

function surfaceFor(total: number): (state: State, final: boolean) => void {
  const tslab = jupyterKernel();
  if (tslab) {
    const display = tslab.newDisplay();
    return (state, final) =>
      display.html(
        `<progress value="${state.done}" max="${total}" style="width:16em"></progress> ` +
          `<span style="font-variant-numeric:tabular-nums">${escapeHtml(progressText(state, final))}</span>`,
      );
  }
  if (process.stderr.isTTY)
    return (state, final) => void process.stderr.write(`\r\x1b[K${progressText(state, final)}${final ? '\n' : ''}`);
  let tenth = 0;
  return (state, final) => {
    const reached = Math.floor((10 * state.done) / total);
    if (reached > tenth || final) process.stderr.write(`${progressText(state, final)}\n`);
    tenth = reached;
  };
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
