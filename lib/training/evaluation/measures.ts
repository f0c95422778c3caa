/** What is measured on a whole set of images. */
export interface Measures {
  /** Per cent. */
  readonly top1: number;
  readonly top5: number;
  /** Expected calibration error in per cent, over 15 equal bins of confidence (Guo et al. 2017, eq. 5). */
  readonly calibrationError: number;
  /** Images for which student and teacher name the same class, per cent; absent without a teacher. */
  readonly agreement?: number;
}

const bins = 15;

/** Adds batches up to measures of the whole. */
export class Measuring {
  /** Images so far. */
  count = 0;
  private first = 0;
  private five = 0;
  private agreed = 0;
  private compared = 0;
  /** Confidence less correctness, summed in each bin of confidence. */
  private readonly gaps = new Float64Array(bins);

  /** Logits [batch, classes] in rows, labels [batch]; the teacher's classes [batch] where there is one. */
  add(logits: Float32Array, labels: ArrayLike<number>, taught?: ArrayLike<number>): void {
    const classes = logits.length / labels.length;
    for (let i = 0; i < labels.length; i++) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const rank = rankOf(row, labels[i]!);
      if (rank < 1) this.first++;
      if (rank < 5) this.five++;
      if (taught && likeliest(row) === taught[i]) this.agreed++;
      const confidence = confidenceOf(row);
      // A network that says no number is sure of nothing and right about nothing.
      if (Number.isFinite(confidence))
        this.gaps[Math.min(bins - 1, Math.floor(confidence * bins))] += confidence - (rank < 1 ? 1 : 0);
    }
    this.count += labels.length;
    if (taught) this.compared += labels.length;
  }

  get result(): Measures {
    const share = (sum: number): number => (100 * sum) / this.count;
    return {
      top1: share(this.first),
      top5: share(this.five),
      calibrationError: share(this.gaps.reduce((sum, gap) => sum + Math.abs(gap), 0)),
      ...(this.compared > 0 ? { agreement: (100 * this.agreed) / this.compared } : {}),
    };
  }
}

/** The first of the likeliest classes; −1 where a logit is no number. */
function likeliest(row: Float32Array): number {
  return row.indexOf(row.reduce((most, logit) => Math.max(most, logit), -Infinity));
}

/** How many other classes are at least as likely: not how many are likelier, or a network that says the same of every class would be right each time. */
function rankOf(row: Float32Array, label: number): number {
  const target = row[label]!;
  return row.reduce((rank, logit) => (logit < target ? rank : rank + 1), -1);
}

/** The largest probability. */
function confidenceOf(row: Float32Array): number {
  const most = Math.max(...row);
  return 1 / row.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
}
