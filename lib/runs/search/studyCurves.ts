import type { ChartLine } from '../../results/chartLine';
import { groupBy } from '../../results/statistics/groupBy';
import { summary } from '../../results/statistics/summary';
import type { TrialState } from './study';

/** Keeps the latest state of each trial, and draws what they have measured so far. */
export class StudyCurves {
  private readonly trials = new Map<string, TrialState>();

  add(trial: TrialState): void {
    this.trials.set(`${trial.exponent} ${trial.seed}`, trial);
  }

  /** Trials that have reached their last epoch. */
  get finished(): number {
    return [...this.trials.values()].filter(({ finished }) => finished).length;
  }

  /** How many of `total` trials are finished and, if not all, that a limit of `seconds` may be the reason. */
  progressText(total: number, seconds: number): string {
    const count = `${this.finished} of ${total} trials are finished`;
    if (this.finished >= total) return `${count}.`;
    return `${count}: the time limit of ${seconds} s or the stop button ended the study. Run the cell again to resume.`;
  }

  /** Top-1 accuracy over ε of the finished trials: mean over seeds, with the half width of its 95 % interval. */
  accuracy(): ChartLine {
    const finished = [...this.trials.values()].filter((trial) => trial.finished);
    const points = [...groupBy(finished, ({ exponent }) => String(exponent))]
      .map(([exponent, trials]) => {
        const top1 = trials.map(({ history }) => history.at(-1)?.top1 ?? 0);
        return { exponent: Number(exponent), ...summary(top1) };
      })
      .sort((a, b) => a.exponent - b.exponent);
    return {
      name: 'mean over seeds',
      x: points.map(({ exponent }) => exponent),
      y: points.map(({ mean }) => mean),
      yError: points.map(({ interval, mean }) => (interval ? interval[1] - mean : null)),
      markers: true,
    };
  }

  /** Training loss over epochs for each ε: mean over the seeds that have reached the epoch. */
  losses(): ChartLine[] {
    return [...groupBy([...this.trials.values()], ({ exponent }) => String(exponent))].map(([exponent, trials]) => {
      const epochs = groupBy(
        trials.flatMap(({ history }) => history),
        ({ epoch }) => String(epoch),
      );
      const points = [...epochs]
        .map(([epoch, records]) => ({ epoch: Number(epoch), loss: summary(records.map(({ loss }) => loss)).mean }))
        .sort((a, b) => a.epoch - b.epoch);
      return {
        name: `ε = ${exponent}`,
        x: points.map(({ epoch }) => epoch),
        y: points.map(({ loss }) => loss),
        markers: true,
      };
    });
  }
}
