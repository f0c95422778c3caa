import { createTable, find } from './dom';
import { drawLines } from './lineChart';
import { ofaValues, type OfaExample, type OfaValues } from './ofaExample';

const forms = ['released', 'paper'] as const;

/** Starts the section with the OFA loss of one image. */
export function startEpsilon(): void {
  const inputs = ['epsilon', 'teacher', 'student'].map((id) => find(`explore-${id}`, HTMLInputElement));
  const classes = find('explore-classes', HTMLSelectElement);
  const update = (): void => {
    const [exponent = 1, teacher = 0.5, student = 0.5] = inputs.map(({ valueAsNumber }) => valueAsNumber);
    for (const input of inputs) find(`${input.id}-value`, HTMLOutputElement).value = input.value;
    show({ exponent, teacher, student, classes: Number(classes.value) });
  };
  for (const input of [...inputs, classes]) input.addEventListener('input', update);
  update();
}

function show(example: OfaExample): void {
  const values = forms.map((form) => [form, ofaValues(example, form)] as const);
  const numbers = ({ loss, gradient, targetWeight, otherWeight }: OfaValues): string[] =>
    [loss, gradient, targetWeight, otherWeight].map((value) => value.toFixed(4));
  find('explore-loss-values', HTMLElement).replaceChildren(
    createTable(
      'The loss of this image',
      ['form', 'loss', 'gradient', 'weight of the target', 'weight of the others'],
      values.map(([form, own]) => [form, ...numbers(own)]),
    ),
  );
  const described = (key: 'loss' | 'gradient'): string =>
    values.map(([form, own]) => `${own[key].toFixed(2)} (${form})`).join(' and ');
  for (const [key, title] of [
    ['loss', 'loss'],
    ['gradient', 'gradient of the target’s logit'],
  ] as const) {
    const svg = chart(`explore-${key}-chart`);
    const lines = forms.map((form) => ({ label: form, dashed: form === 'paper', points: curve(example, form, key) }));
    const all = lines.flatMap(({ points }) => points.map(([, y]) => y));
    const high = Math.ceil(Math.max(...all, 0.1) * 2) / 2;
    const low = key === 'loss' ? 0 : Math.floor(Math.min(...all, -0.1) * 2) / 2;
    const legend = key === 'loss' ? 'top' : 'bottom';
    drawLines(svg, { title, xLabel: 'student’s probability', yRange: [low, high], lines, x: example.student, legend });
    svg.setAttribute(
      'aria-label',
      `The ${title} over the student’s probability. At ${example.student}: ${described(key)}.`,
    );
  }
}

function curve(example: OfaExample, form: (typeof forms)[number], key: 'loss' | 'gradient'): [number, number][] {
  return Array.from({ length: 99 }, (_, i) => {
    const student = (i + 1) / 100;
    return [student, ofaValues({ ...example, student }, form)[key]];
  });
}

function chart(id: string): SVGElement {
  const found = document.getElementById(id);
  if (!(found instanceof SVGElement)) throw new Error(`The page has no drawing ${id}`);
  return found;
}
