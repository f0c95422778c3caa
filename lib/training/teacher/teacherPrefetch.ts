import type { Model, Output } from '../../models/model';
import { backendInfo } from '../../tensor/engine/backendInfo';
import { Replay, type Pending } from '../../tensor/engine/replay';
import * as tf from '../../tensor/engine/tf';

/**
 * Asks a frozen teacher about the next batch, in a thread of its own, while the student learns from this one: what each leaves idle of the
 * processor, the other uses. The answers are the same bits. A method that looks at the teacher's stages is answered at once, since these are too
 * large to lie ready.
 */
export class TeacherAhead {
  private replay?: Replay;
  private pending?: Pending<tf.Tensor[]>;
  /** Whether it is worth asking ahead, and possible. */
  private worthwhile = backendInfo().threads > 1;

  constructor(private readonly teacher: Model) {}

  /** Begins to ask about the images for which `output` is called next; of no effect where that would gain nothing. They may be freed at once. */
  begin(images: () => tf.Tensor4D): void {
    if (!this.worthwhile || !this.replay) return;
    const shown = images();
    if (this.replay.accepts(shown)) this.pending = this.replay.start(shown);
  }

  /** What the teacher says of these images [batch, height, width, 3]. The caller tidies. */
  output(images: tf.Tensor4D): Output {
    const { teacher, pending } = this;
    delete this.pending;
    const answer = pending?.wait();
    if (answer && this.worthwhile) return this.noted(answer, () => teacher.forward(images, { mode: 'eval' }).stages);
    tf.dispose(answer);
    if (!this.worthwhile || this.replay) return teacher.forward(images, { mode: 'eval' });
    let stages: Output['stages'] | undefined;
    const { outputs, replay } = Replay.record(images, () => {
      const output = teacher.forward(images, { mode: 'eval' });
      ({ stages } = output);
      return [output.logits, output.pooled];
    });
    if (replay) this.replay = replay;
    else this.worthwhile = false;
    return this.noted(outputs, () => stages!);
  }

  /** Waits for what it still asks, and frees what it keeps. */
  dispose(): void {
    try {
      tf.dispose(this.pending?.wait());
    } catch {
      // Nobody wants this answer any more, and whatever ended the run is told already.
    }
    delete this.pending;
    this.replay?.dispose();
  }

  /** An output that says so when somebody looks at its stages. */
  private noted([logits, pooled]: tf.Tensor[], stages: () => Output['stages']): Output {
    const look = (): Output['stages'] => {
      this.worthwhile = false;
      return stages();
    };
    return {
      logits: tf.reshape(logits!, [-1, this.teacher.classes]),
      pooled: tf.reshape(pooled!, [-1, this.teacher.width]),
      get stages() {
        return look();
      },
    };
  }
}
