import type { Arrow, Box, Diagram } from './diagram';

/** A network with the shape of each stage's output, for instance `32 × 32 × 24`. */
export interface StagedNetwork {
  readonly name: string;
  readonly stages: readonly string[];
}

/** The parts of a training step with OFA. */
export interface Framework {
  /** Shape of the input, for instance `32 × 32 × 3`. */
  readonly image: string;
  readonly classes: number;
  readonly teacher: StagedNetwork;
  readonly student: StagedNetwork;
  /** The student's exit branches: the stage, counted from 1, and one line per layer. */
  readonly branches: readonly { readonly stage: number; readonly layers: readonly string[] }[];
}

/**
 * The diagram of the paper's Figure 2: teacher, student and branches from top to bottom, stages from left to right.
 * Dashed arrows exist during training only.
 */
export function framework({ image, classes, teacher, student, branches }: Framework): Diagram {
  const training = 'exit branches, in training only';
  const logits = `logits ${classes}`;
  return {
    title: `OFA: teacher ${teacher.name}, student ${student.name}`,
    boxes: [
      { id: 'images', lines: ['images', image], row: 0, column: 0 },
      ...chain('teacher', `teacher ${teacher.name}, frozen`, teacher, { logits, row: 0 }),
      ...chain('student', `student ${student.name}`, student, { logits, row: 1 }),
      ...branches.map(({ stage, layers }): Box => ({
        id: `branch${stage}`,
        lines: [`branch ${stage}`, ...layers],
        group: training,
        row: 2,
        column: stage,
      })),
      {
        id: 'loss',
        row: 2,
        column: student.stages.length + 1,
        lines: [
          'loss',
          'CE (logits, label)',
          '+ OFA (logits, teacher, ε)',
          ...branches.map(({ stage }) => `+ OFA (branch ${stage}, teacher, ε)`),
        ],
      },
    ],
    arrows: [
      ...along('student', student),
      ...along('teacher', teacher, true),
      ...branches.map(({ stage }): Arrow => ({ from: `student${stage}`, to: `branch${stage}`, dashed: true })),
      ...branches.slice(-1).map(({ stage }): Arrow => ({
        from: `branch${stage}`,
        fromGroup: true,
        to: 'loss',
        dashed: true,
      })),
      { from: 'studentLogits', to: 'loss', dashed: true },
      { from: 'teacherLogits', to: 'loss', dashed: true },
    ],
  };
}

function chain(
  role: string,
  group: string,
  { stages }: StagedNetwork,
  { logits, row }: { readonly logits: string; readonly row: number },
): Box[] {
  const boxes = stages.map((shape, k): Box => ({
    id: `${role}${k + 1}`,
    lines: [`stage ${k + 1}`, shape],
    group,
    row,
    column: k + 1,
  }));
  return [...boxes, { id: `${role}Logits`, lines: [logits], group, row, column: stages.length + 1 }];
}

function along(role: string, { stages }: StagedNetwork, dashed = false): Arrow[] {
  const nodes = ['images', ...stages.map((_, k) => `${role}${k + 1}`), `${role}Logits`];
  return nodes.slice(1).map((to, k) => ({ from: nodes[k]!, to, dashed }));
}
