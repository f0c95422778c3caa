import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors';
import { loadBatch, type BatchRequest, type LoaderSources, type WorkerReply } from './loadBatch';

/** The worker thread of `openLoader`. It must not import the engine: TensorFlow cannot be loaded in a worker thread. */
const sources: LoaderSources = workerData as LoaderSources;

/** Replies are sent in the order of the requests. */
let lastReply = Promise.resolve();
parentPort?.on('message', (request: BatchRequest) => {
  lastReply = lastReply.then(() => handle(request));
});

async function handle(request: BatchRequest): Promise<void> {
  try {
    const data = await loadBatch(sources, request);
    reply({ data }, [data.values.buffer]);
  } catch (error) {
    reply({ error: describe(error), isUserError: error instanceof UserError });
  }
}

function describe(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function reply(message: WorkerReply, transferred: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transferred);
}
