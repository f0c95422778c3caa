import { resumeLater, taskCommand } from './slots';

export interface KubernetesOptions {
  readonly name: string;
  /** The plan, the folder of runs and the project, as the pods see them. */
  readonly plan: string;
  readonly out: string;
  readonly project: string;
  readonly jobs: number;
  readonly parallelism: number;
  readonly image: string;
  /** A claim on a volume that all pods may write, mounted at `project`. */
  readonly claim: string;
  readonly cpus: number;
  readonly gpus?: number;
  /** Processes of a pod that share each batch. */
  readonly processes?: number;
}

/**
 * A plan as an Indexed Job of Kubernetes (1.31 or later), whose pod i runs line i. The manifest fits the schema of Kubernetes; it has not
 * been run on a cluster by us. Exit code 75 asks for another pod and counts as no failure.
 */
export function indexedJob({
  name,
  plan,
  out,
  project,
  jobs,
  parallelism,
  image,
  claim,
  cpus,
  gpus,
  processes,
}: KubernetesOptions): object {
  const amounts = { cpu: String(cpus), ...(gpus !== undefined && { 'nvidia.com/gpu': String(gpus) }) };
  const [, ...args] = taskCommand(plan, '$(JOB_COMPLETION_INDEX)', out, processes);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { note: 'generated; checked against the schema, untested on a cluster' } },
    spec: {
      completionMode: 'Indexed',
      completions: jobs,
      parallelism: Math.min(jobs, parallelism),
      backoffLimitPerIndex: 3,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [resumeLater] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 120,
          volumes: [{ name: 'project', persistentVolumeClaim: { claimName: claim } }],
          containers: [
            {
              name: 'job',
              image,
              workingDir: project,
              command: ['node', ...args],
              env: [{ name: 'TF_NUM_INTRAOP_THREADS', value: String(cpus) }],
              volumeMounts: [{ name: 'project', mountPath: project }],
              resources: { requests: amounts, limits: amounts },
            },
          ],
        },
      },
    },
  };
}
