import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors';
import { openDecoderProcesses } from '../decoding/decoderProcesses';
import { loadBatch, type BatchRequest, type LoaderSources, type WorkerReply } from './loadBatch';

/** The worker thread of `openLoader`. It must not import the engine: TensorFlow cannot be loaded in a worker thread. */
const sources: LoaderSources = workerData as LoaderSources;

/** One process, since this thread is one of several. It ends with the thread. */
const processes = openDecoderProcesses(1);

/** Replies are sent in the order of the requests. */
let lastReply = Promise.resolve();
parentPort?.on('message', (request: BatchRequest) => {
  lastReply = lastReply.then(() => handle(request));
});

async function handle(request: BatchRequest): Promise<void> {
  try {
    const data = await loadBatch(sources, request, processes);
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
