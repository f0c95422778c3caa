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

/** The diagram of the paper's Figure 2. Dashed arrows exist during training only. */
export function framework({ image, classes, teacher, student, branches }: Framework): Diagram {
  const training = 'exit branches, in training only';
  const logits = `logits ${classes}`;
  return {
    title: `OFA: teacher ${teacher.name}, student ${student.name}`,
    boxes: [
      { id: 'images', lines: ['images', image] },
      ...chain('student', `student ${student.name}`, student, logits),
      ...branches.map(({ stage, layers }): Box => ({
        id: `branch${stage}`,
        lines: [`branch ${stage}`, ...layers],
        group: training,
      })),
      ...chain('teacher', `teacher ${teacher.name}, frozen`, teacher, logits),
      {
        id: 'loss',
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
      ...branches.flatMap(({ stage }): Arrow[] => [
        { from: `student${stage}`, to: `branch${stage}`, dashed: true },
        { from: `branch${stage}`, to: 'loss', dashed: true },
      ]),
      { from: 'studentLogits', to: 'loss', dashed: true },
      { from: 'teacherLogits', to: 'loss', dashed: true },
    ],
  };
}

function chain(role: string, group: string, { stages }: StagedNetwork, logits: string): Box[] {
  return [
    ...stages.map((shape, k): Box => ({ id: `${role}${k + 1}`, lines: [`stage ${k + 1}`, shape], group })),
    { id: `${role}Logits`, lines: [logits], group },
  ];
}

function along(role: string, { stages }: StagedNetwork, dashed = false): Arrow[] {
  const nodes = ['images', ...stages.map((_, k) => `${role}${k + 1}`), `${role}Logits`];
  return nodes.slice(1).map((to, k) => ({ from: nodes[k]!, to, dashed }));
}
