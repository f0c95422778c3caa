import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { z } from 'zod';

const pair = z
  .object({
    key: z
      .string()
      .max(250)
      .regex(/^[\w\-. /]+$/),
    value: z.string().max(500),
  })
  .strict();
const metric = z
  .object({
    key: z
      .string()
      .max(250)
      .regex(/^[\w\-. /]+$/),
    value: z.number(),
    timestamp: z.number().int(),
    step: z.number().int(),
  })
  .strict();

/** What MLflow's REST interface 2.0 takes, by the method's path; its documentation gives names, kinds and limits. */
const requests = {
  'POST experiments/create': z.object({ name: z.string().min(1) }).strict(),
  'POST runs/create': z
    .object({ experiment_id: z.string(), run_name: z.string(), start_time: z.number().int(), tags: z.array(pair) })
    .strict(),
  'POST runs/log-batch': z
    .object({
      run_id: z.string(),
      metrics: z.array(metric).max(1000).default([]),
      params: z.array(pair).max(100).default([]),
    })
    .strict(),
  'POST runs/update': z
    .object({
      run_id: z.string(),
      status: z.enum(['RUNNING', 'FINISHED', 'FAILED', 'KILLED']),
      end_time: z.number().int().optional(),
    })
    .strict(),
};

export interface LoggedRun {
  readonly experiment: string;
  readonly name: string;
  readonly params: Map<string, string>;
  readonly metrics: z.infer<typeof metric>[];
  status: string;
}

/** A server that holds to MLflow's contract: it refuses what MLflow would refuse, and remembers the rest. */
export interface MlflowServer {
  readonly address: string;
  readonly experiments: Map<string, string>;
  readonly runs: Map<string, LoggedRun>;
  /** Requests that broke the contract, in words. */
  readonly violations: string[];
  readonly authorizations: Set<string | undefined>;
  /** While true it answers 503 to everything. */
  away: boolean;
  /** A method that it answers 503 to. */
  overloaded?: string;
  /** Experiments that it does not find by name though they are there, as when another job makes them in between. */
  readonly hidden: Set<string>;
}

type Answer = readonly [status: number, body: object];
const errorAnswer = (status: number, error_code: string): Answer => [
  status,
  { error_code, message: `no: ${error_code}` },
];

export async function mlflowServer(context: TestContext): Promise<MlflowServer> {
  const state: MlflowServer = {
    address: '',
    experiments: new Map(),
    runs: new Map(),
    violations: [],
    authorizations: new Set(),
    away: false,
    hidden: new Set(),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        state.authorizations.add(request.headers.authorization);
        const [status, body] = state.away
          ? ([503, {}] as const)
          : answer(state, request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString());
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(state, { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function answer(state: MlflowServer, verb: string, url: string, text: string): Answer {
  const { pathname, searchParams } = new URL(url, 'http://here');
  const method = `${verb} ${pathname.replace('/api/2.0/mlflow/', '')}`;
  if (method === state.overloaded) return errorAnswer(503, 'TEMPORARILY_UNAVAILABLE');
  const refuse = (why: string): Answer => {
    state.violations.push(`${method}: ${why}`);
    return errorAnswer(400, 'INVALID_PARAMETER_VALUE');
  };
  if (method === 'GET experiments/get-by-name') {
    const name = searchParams.get('experiment_name');
    if (name === null) return refuse('no experiment_name');
    const experiment_id = state.experiments.get(name);
    return experiment_id === undefined || state.hidden.delete(name)
      ? errorAnswer(404, 'RESOURCE_DOES_NOT_EXIST')
      : [200, { experiment: { experiment_id, name } }];
  }
  if (!(method in requests)) return refuse('no such method');
  const given = requests[method as keyof typeof requests].safeParse(JSON.parse(text));
  if (!given.success) return refuse(given.error.message);
  const body = given.data;
  if ('name' in body) {
    if (state.experiments.has(body.name)) return errorAnswer(400, 'RESOURCE_ALREADY_EXISTS');
    const experiment_id = String(state.experiments.size + 1);
    state.experiments.set(body.name, experiment_id);
    return [200, { experiment_id }];
  }
  if ('experiment_id' in body) {
    const experiment = [...state.experiments].find(([, id]) => id === body.experiment_id)?.[0];
    if (experiment === undefined) return errorAnswer(404, 'RESOURCE_DOES_NOT_EXIST');
    const run_id = `run${state.runs.size}`;
    state.runs.set(run_id, { experiment, name: body.run_name, params: new Map(), metrics: [], status: 'RUNNING' });
    return [200, { run: { info: { run_id, experiment_id: body.experiment_id, status: 'RUNNING' }, data: {} } }];
  }
  const run = state.runs.get(body.run_id);
  if (!run) return errorAnswer(404, 'RESOURCE_DOES_NOT_EXIST');
  if ('status' in body) {
    run.status = body.status;
    return [200, { run_info: { run_id: body.run_id, status: body.status } }];
  }
  for (const { key, value } of body.params) {
    if (run.params.has(key) && run.params.get(key) !== value) return refuse(`parameter ${key} changed`);
    run.params.set(key, value);
  }
  run.metrics.push(...body.metrics);
  return [200, {}];
}
