/** Measures of a network over a whole set of images. */
export interface Measures {
  /** Per cent. */
  readonly top1: number;
  /** Per cent. */
  readonly top5: number;
  /** Expected calibration error in per cent, over 15 equal bins of confidence (Guo et al. 2017, eq. 5). */
  readonly calibrationError: number;
  /** Images for which student and teacher predict the same class, in per cent. Missing without a teacher. */
  readonly agreement?: number;
}

const binCount = 15;

/** Sums measures over batches. */
export class MeasureSum {
  /** Number of images so far. */
  count = 0;
  private top1 = 0;
  private top5 = 0;
  private agreed = 0;
  private compared = 0;
  /** Confidence minus correctness, summed in each bin of confidence. */
  private readonly gaps = new Float64Array(binCount);

  /**
   * Adds a batch: logits [batch, classes], labels [batch], and the teacher's predictions [batch] if there is a teacher.
   */
  add(logits: Float32Array, labels: ArrayLike<number>, teacherPredictions?: ArrayLike<number>): void {
    const classes = logits.length / labels.length;
    for (let i = 0; i < labels.length; i++) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const rank = rankOf(row, labels[i]!);
      if (rank < 1) this.top1++;
      if (rank < 5) this.top5++;
      if (teacherPredictions && argMax(row) === teacherPredictions[i]) this.agreed++;
      this.addConfidence(maxProbability(row), rank < 1);
    }
    this.count += labels.length;
    if (teacherPredictions) this.compared += labels.length;
  }

  get result(): Measures {
    const percent = (sum: number): number => (100 * sum) / this.count;
    return {
      top1: percent(this.top1),
      top5: percent(this.top5),
      calibrationError: percent(this.gaps.reduce((sum, gap) => sum + Math.abs(gap), 0)),
      ...(this.compared > 0 ? { agreement: (100 * this.agreed) / this.compared } : {}),
    };
  }

  private addConfidence(confidence: number, correct: boolean): void {
    // NaN predictions have no confidence, and they count as wrong.
    if (!Number.isFinite(confidence)) return;
    const bin = Math.min(binCount - 1, Math.floor(confidence * binCount));
    this.gaps[bin] += confidence - (correct ? 1 : 0);
  }
}

/** The first class with the largest logit; −1 if a logit is NaN. */
function argMax(row: Float32Array): number {
  return row.indexOf(row.reduce((max, logit) => Math.max(max, logit), -Infinity));
}

/**
 * The number of other classes that are at least as likely as the label. Ties count against the network: otherwise one
 * with equal probabilities would always be right. NaN counts as at least as likely.
 */
function rankOf(row: Float32Array, label: number): number {
  const target = row[label]!;
  return row.reduce((rank, logit) => (logit < target ? rank : rank + 1), -1);
}

function maxProbability(row: Float32Array): number {
  const max = Math.max(...row);
  return 1 / row.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
}
