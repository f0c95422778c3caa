import { create, createTable, percent } from './dom';
import type { ManifestNetwork } from './manifest';
import { ranked } from './predictions';

/** An image of the reader, and the address from which the page shows it. */
export interface ShownImage {
  readonly name: string;
  readonly address: string;
}

const shownClasses = 5;

/** The probability of the best class at each exit. */
export function confidences(entry: ManifestNetwork, outputs: ReadonlyMap<string, Float32Array>): number[] {
  return entry.exits.map(({ output }) => ranked(outputs.get(output)!)[0]!.probability);
}

/** The number of images that could stop early, and what that saves. `stops` has the exit of each image. */
export function summary({ name, exits }: ManifestNetwork, stops: readonly number[]): string {
  if (stops.length === 0) return 'Choose images above to see their classes.';
  if (exits.length === 1) return `${name} has no exit branches: every image passes the whole network.`;
  const early = stops.filter((stop) => stop < exits.length - 1).length;
  const mean = stops.reduce((sum, stop) => sum + exits[stop]!.multiplyAdds, 0) / stops.length;
  return (
    `${early} of ${stops.length} images could stop before the classifier. ` +
    `Mean cost: ${percent(mean / exits.at(-1)!.multiplyAdds)} of the multiply-adds of the last exit.`
  );
}

/** An image with the classes of the classifier, and what each exit predicts. `stop` is where the image stops. */
export function card(
  { classes, exits }: ManifestNetwork,
  { name, address }: ShownImage,
  outputs: ReadonlyMap<string, Float32Array>,
  stop: number,
): HTMLElement {
  const best = ranked(outputs.get('logits')!).slice(0, shownClasses);
  const bar = (share: number): HTMLElement => {
    const inner = create('span', { class: 'bar', style: `inline-size: ${(100 * share).toFixed(1)}%` });
    return create('span', { class: 'bar-frame' }, inner, create('span', {}, percent(share)));
  };
  const rows = exits.map(({ output, multiplyAdds }, i) => {
    const [first] = ranked(outputs.get(output)!);
    const place = output === 'logits' ? 'classifier' : output.replace('exit', 'exit ');
    return [
      i === stop ? create('strong', {}, `${place}: stops here`) : place,
      classes[first!.index]!,
      percent(first!.probability),
      (multiplyAdds / 1e6).toFixed(1),
    ];
  });
  return create(
    'article',
    { 'aria-label': name },
    create('img', { src: address, alt: `Your image ${name}` }),
    create(
      'div',
      {},
      createTable(
        `Classes of ${name}`,
        ['class', 'probability'],
        best.map(({ index, probability }) => [classes[index]!, bar(probability)]),
      ),
      ...(exits.length > 1
        ? [createTable(`Exits of ${name}`, ['exit', 'class', 'probability', 'multiply-adds (millions)'], rows)]
        : []),
    ),
  );
}
