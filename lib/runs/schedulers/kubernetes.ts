import { pausedExitCode, taskCommand, type Task } from './task';

export interface KubernetesOptions extends Pick<Task, 'processes'> {
  readonly name: string;
  /** The plan, the folder of runs and the project, as the pods see them. */
  readonly plan: string;
  readonly out: string;
  readonly project: string;
  /** The program that runs one job of a plan, as the image finds it. */
  readonly program: readonly string[];
  /** Number of lines of the plan. */
  readonly jobs: number;
  /** Maximum number of pods that run at the same time. */
  readonly parallelism: number;
  readonly image: string;
  /** Claim of a volume that all pods may write to. It is mounted at `project`. */
  readonly claim: string;
  /** CPUs of a pod, and its number of threads. */
  readonly cpus: number;
  readonly gpus?: number;
}

/**
 * A plan as an Indexed Job of Kubernetes 1.31 or later, whose pod i runs line i. A pod that ends with the exit code
 * of a paused job is replaced and does not count as a failure. The manifest is checked against the schema of
 * Kubernetes; it has not run on a cluster.
 */
export function indexedJob({
  name,
  project,
  jobs,
  parallelism,
  image,
  claim,
  cpus,
  gpus,
  ...task
}: KubernetesOptions): object {
  const resources = { cpu: String(cpus), ...(gpus !== undefined && { 'nvidia.com/gpu': String(gpus) }) };
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
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [pausedExitCode] } },
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
              command: taskCommand({ ...task, index: '$(JOB_COMPLETION_INDEX)' }),
              env: [{ name: 'TF_NUM_INTRAOP_THREADS', value: String(cpus) }],
              volumeMounts: [{ name: 'project', mountPath: project }],
              resources: { requests: resources, limits: resources },
            },
          ],
        },
      },
    },
  };
}
