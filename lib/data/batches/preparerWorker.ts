import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors';
import { answering, type Answer, type BatchRequest, type Sources } from './preparer';

/** The other end of `openPreparer`: a thread that makes batches. TensorFlow cannot be loaded in it, and nothing here does. */
const sources: Sources = workerData as Sources;
const answer = answering(sources);

/** Answers go out in the order of the requests. */
let last = Promise.resolve();
parentPort?.on('message', (request: BatchRequest) => {
  last = last.then(() => work(request));
});

async function work(request: BatchRequest): Promise<void> {
  try {
    const prepared = await answer(request);
    reply({ prepared }, [prepared.values.buffer]);
  } catch (error) {
    reply({
      fault:
        error instanceof Error
          ? error instanceof UserError
            ? error.message
            : (error.stack ?? error.message)
          : String(error),
      ofUser: error instanceof UserError,
    });
  }
}

function reply(message: Answer, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved);
}
