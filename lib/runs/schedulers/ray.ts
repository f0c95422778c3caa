import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { text as streamText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../../errors';
import type { Outcome } from './grid';
import { pausedExitCode, shellQuote } from './task';

const submission = z.object({ submission_id: z.string() });
const jobDetails = z.object({
  status: z.enum(['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'STOPPED']),
  driver_exit_code: z.number().nullish(),
});
type JobDetails = z.infer<typeof jobDetails>;

export interface RayOptions {
  /** Address of the dashboard of the cluster's head, such as http://127.0.0.1:8265. */
  readonly address: string;
  readonly cpus: number;
  readonly gpus?: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Stops the task, which first writes a checkpoint. */
  readonly signal?: AbortSignal;
  /** Seconds between two requests for the state of the job. Default: 2. */
  readonly pollSeconds?: number;
}

/** Consecutive failed requests after which a running job is given up. */
const maxFailedRequests = 30;

/**
 * Runs a task as a job of Ray through its REST interface, and resolves when it has ended. Every node must see the
 * project and the folder of runs at the same path. Throws a UserError if the dashboard cannot be reached or rejects
 * the job.
 */
export async function runRayTask(
  task: readonly string[],
  { address, cpus, gpus, environment, signal, pollSeconds = 2 }: RayOptions,
): Promise<Outcome> {
  const { submission_id: id } = submission.parse(
    await request(address, 'POST', '/api/jobs/', {
      entrypoint: `cd ${shellQuote(process.cwd())} && exec ${task.map(shellQuote).join(' ')}`,
      entrypoint_num_cpus: cpus,
      ...(gpus !== undefined && { entrypoint_num_gpus: gpus }),
      runtime_env: { env_vars: { TF_NUM_INTRAOP_THREADS: String(cpus), ...environment } },
    }),
  );
  for (let [stopping, failedRequests] = [false, 0]; ; await sleep(pollSeconds * 1000)) {
    const answer = await request(address, 'GET', `/api/jobs/${id}`).catch((error: unknown) => {
      if (++failedRequests > maxFailedRequests) throw error;
      return undefined;
    });
    if (answer === undefined) continue;
    failedRequests = 0;
    const outcome = outcomeOf(jobDetails.parse(answer));
    if (outcome !== undefined) return outcome;
    // Ray sends SIGTERM, and leaves the task a few seconds for its checkpoint.
    if (signal?.aborted && !stopping) await request(address, 'POST', `/api/jobs/${id}/stop`);
    stopping = signal?.aborted === true;
  }
}

/** Undefined while the job is pending or running. */
function outcomeOf({ status, driver_exit_code: code }: JobDetails): Outcome | undefined {
  if (status === 'SUCCEEDED') return 'finished';
  if (status === 'STOPPED' || code === pausedExitCode) return 'paused';
  return status === 'FAILED' ? 'failed' : undefined;
}

async function request(address: string, method: 'GET' | 'POST', route: string, body?: object): Promise<unknown> {
  if (!/^https?:\/\//.test(address)) {
    throw new UserError(
      `--address ${address} is not a URL. Give the address of Ray's dashboard, such as http://127.0.0.1:8265.`,
    );
  }
  const url = new URL(route, address);
  const { status, text } = await send(url, method, body && JSON.stringify(body)).catch((error: unknown) => {
    throw new UserError(
      `Ray does not answer at ${address}. Start it (ray start --head), ` +
        'or give the address of its dashboard with --address.',
      { cause: error },
    );
  });
  if (status !== 200) throw new UserError(`Ray rejects ${method} ${url.pathname}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** Sends a request without `fetch`: that of Node sets Sec-Fetch-Mode, and Ray rejects it as one of a browser. */
async function send(
  url: URL,
  method: string,
  body?: string,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const client = url.protocol === 'https:' ? https : http;
  const message = client.request(url, { method, headers: { 'content-type': 'application/json' } });
  message.setTimeout(30_000, () => message.destroy(new Error('no answer within 30 s')));
  message.end(body);
  const [response] = z.tuple([z.instanceof(http.IncomingMessage)]).parse(await once(message, 'response'));
  return { status: response.statusCode, text: await streamText(response) };
}
