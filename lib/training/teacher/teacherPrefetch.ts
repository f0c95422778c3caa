import type { TeacherOutput } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { backendInfo } from '../../tensor/engine/backendInfo';
import { Replay, type Pending } from '../../tensor/engine/replay';
import * as tf from '../../tensor/engine/tf';

/**
 * Runs a frozen teacher on the next batch in a thread of its own while the student learns from this batch: each uses
 * the processor time that the other leaves idle. The first forward pass is recorded, and later ones replay its ops,
 * with the same bits. Returns logits and pooled features; stages are too large to keep for a batch that is not needed
 * yet.
 */
export class TeacherPrefetch {
  private replay?: Replay;
  private pending?: Pending<tf.Tensor[]>;
  /** False on a single thread, and for a teacher whose ops cannot be recorded. */
  private possible = backendInfo().threads > 1;

  constructor(private readonly teacher: Model) {}

  /**
   * Starts the forward pass on the images for which `output` is called next. They may be freed at once. Does nothing if
   * prefetching is not possible.
   */
  start(images: () => tf.Tensor4D): void {
    if (!this.replay) return;
    const input = images();
    if (this.replay.accepts(input)) this.pending = this.replay.start(input);
  }

  /** The teacher's output on images [batch, height, width, 3]. The caller tidies. */
  output(images: tf.Tensor4D): TeacherOutput {
    const { pending } = this;
    delete this.pending;
    const prefetched = pending?.wait();
    if (prefetched) return this.toOutput(prefetched);
    if (!this.possible || this.replay) return this.teacher.forward(images, { mode: 'eval' });
    return this.recordedOutput(images);
  }

  /** Waits for a pass that is under way, and frees everything. */
  dispose(): void {
    try {
      tf.dispose(this.pending?.wait());
    } catch {
      // Nothing needs this output any more, and an error that ended the run is reported already.
    }
    delete this.pending;
    this.replay?.dispose();
  }

  private recordedOutput(images: tf.Tensor4D): TeacherOutput {
    const { outputs, replay } = Replay.record(images, () => {
      const { logits, pooled } = this.teacher.forward(images, { mode: 'eval' });
      return [logits, pooled];
    });
    if (replay) this.replay = replay;
    else this.possible = false;
    return this.toOutput(outputs);
  }

  private toOutput([logits, pooled]: tf.Tensor[]): TeacherOutput {
    return {
      logits: tf.reshape(logits!, [-1, this.teacher.classes]),
      pooled: tf.reshape(pooled!, [-1, this.teacher.width]),
    };
  }
}
