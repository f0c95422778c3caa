import type { Model, Output } from '../models/model';
import { backendInfo } from '../tensor/backendInfo';
import { Replay, type Pending } from '../tensor/replay';
import * as tf from '../tensor/tf';

/**
 * Asks a frozen teacher about the next batch, in a thread of its own, while the student learns from this one: what each leaves idle of the
 * processor, the other uses. The answers are the same bits. A method that looks at the teacher's stages is answered at once, since these are too
 * large to lie ready.
 */
export class TeacherAhead {
  private replay?: Replay;
  private pending?: Pending<tf.Tensor[]>;
  private stagesWanted = false;
  private readonly threads = backendInfo().threads;

  constructor(private readonly teacher: Model) {}

  /** Begins to ask about the images for which `output` is called next; of no effect where that would gain nothing. They may be freed at once. */
  begin(images: tf.Tensor4D): void {
    if (this.threads > 1 && !this.stagesWanted && this.replay?.accepts(images) === true) this.pending = this.replay.start(images);
  }

  /** What the teacher says of these images [batch, height, width, 3]. The caller tidies. */
  output(images: tf.Tensor4D): Output {
    const { teacher, pending } = this;
    delete this.pending;
    const forward = (): Output => teacher.forward(images, { mode: 'eval' });
    let stages: Output['stages'] | undefined;
    const noted = (logits: tf.Tensor, pooled: tf.Tensor): Output => {
      const see = (): Output['stages'] => {
        this.stagesWanted = true;
        return stages ??= forward().stages;
      };
      return { logits: tf.reshape(logits, [-1, teacher.classes]), pooled: tf.reshape(pooled, [-1, teacher.width]), get stages() { return see(); } };
    };
    if (pending) {
      const [logits, pooled] = pending.wait();
      return noted(logits!, pooled!);
    }
    if (this.replay || this.threads === 1 || this.stagesWanted) return forward();
    const { outputs, replay } = Replay.record(images, () => {
      const output = forward();
      ({ stages } = output);
      return [output.logits, output.pooled];
    });
    if (replay) this.replay = replay;
    return noted(outputs[0]!, outputs[1]!);
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
}
