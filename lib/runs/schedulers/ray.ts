import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { text as streamText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../../errors';
import type { Outcome } from './grid';
import { quote } from './shell';
import { resumeLater } from './slots';

const details = z.object({
  status: z.enum(['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'STOPPED']),
  driver_exit_code: z.number().nullish(),
});

export interface RayOptions {
  /** The dashboard of the cluster's head, such as http://127.0.0.1:8265. */
  readonly address: string;
  readonly cpus: number;
  readonly gpus?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly pollSeconds?: number;
}

/** Questions in a row that the dashboard may leave unanswered while a job runs. */
const patience = 30;

/** Runs a task as a job of Ray, through its REST interface; every node sees the project and the folder of runs at the same place. */
export async function runRayTask(
  task: readonly string[],
  { address, cpus, gpus, environment, signal, pollSeconds = 2 }: RayOptions,
): Promise<Outcome> {
  const { submission_id: id } = z.object({ submission_id: z.string() }).parse(
    await ask(address, 'POST', '/api/jobs/', {
      entrypoint: `cd ${quote(process.cwd())} && exec ${task.map(quote).join(' ')}`,
      entrypoint_num_cpus: cpus,
      ...(gpus !== undefined && { entrypoint_num_gpus: gpus }),
      runtime_env: { env_vars: { TF_NUM_INTRAOP_THREADS: String(cpus), ...environment } },
    }),
  );
  for (let [stopping, unanswered] = [false, 0]; ; await sleep(pollSeconds * 1000)) {
    const told = await ask(address, 'GET', `/api/jobs/${id}`).catch((error: unknown) => {
      if (++unanswered > patience) throw error;
      return undefined;
    });
    if (told === undefined) continue;
    unanswered = 0;
    const { status, driver_exit_code: code } = details.parse(told);
    if (status === 'SUCCEEDED') return 'finished';
    if (status === 'STOPPED' || code === resumeLater) return 'later';
    if (status === 'FAILED') return 'failed';
    // Ray sends SIGTERM, and gives the task some seconds for its checkpoint.
    if (signal?.aborted && !stopping) await ask(address, 'POST', `/api/jobs/${id}/stop`);
    stopping = signal?.aborted === true;
  }
}

async function ask(address: string, method: 'GET' | 'POST', place: string, body?: object): Promise<unknown> {
  if (!/^https?:\/\//.test(address))
    throw new UserError(`--address must be that of Ray's dashboard, such as http://127.0.0.1:8265, not ${address}.`);
  const url = new URL(place, address);
  const { status, text } = await answer(url, method, body && JSON.stringify(body)).catch((error: unknown) => {
    throw new UserError(
      `Ray does not answer at ${address}. Start it (ray start --head) or give its dashboard with --address.`,
      { cause: error },
    );
  });
  if (status !== 200) throw new UserError(`Ray refuses ${method} ${url.pathname}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** Not by `fetch`: Node's sends Sec-Fetch-Mode, by which Ray takes it for a browser and refuses it. */
async function answer(
  url: URL,
  method: string,
  body?: string,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method,
    headers: { 'content-type': 'application/json' },
  });
  request.setTimeout(30_000, () => request.destroy(new Error('no answer within 30 s')));
  request.end(body);
  const [response] = z.tuple([z.instanceof(http.IncomingMessage)]).parse(await once(request, 'response'));
  return { status: response.statusCode, text: await streamText(response) };
}
