import type { Pixels } from '../../../lib/data/image';
import { decodeImage } from './decodeImage';
import { create, createTable, find, percent } from './dom';
import { startEpsilon } from './epsilonSection';
import { ckaGrid, GrowingFeatures } from './growingCka';
import { heatmap } from './heatmap';
import type { Manifest, ManifestNetwork } from './manifest';
import { missingFeature, openNetwork, type Network } from './network';
import { ranked, stoppingExit } from './predictions';

/** Written by the bundler. */
declare const manifest: Manifest;

/** More would fill the memory of a phone: the features of all blocks are kept. */
const maxImages = 100;
/** Fewer images have no unbiased CKA. */
const minImages = 4;
const shownClasses = 5;

interface Image {
  readonly name: string;
  readonly address: string;
  readonly pixels: Pixels;
}

/** What a network has computed for the images so far, in their order. */
interface Results {
  readonly network: Network;
  readonly outputs: ReadonlyMap<string, Float32Array>[];
  readonly features: GrowingFeatures;
}

const images: Image[] = [];
const results = new Map<string, Results>();
const loading = new Map<string, Promise<Network>>();
let isRunning = false;

const element = {
  files: find('explore-files', HTMLInputElement),
  drop: find('explore-drop', HTMLElement),
  clear: find('explore-clear', HTMLButtonElement),
  save: find('explore-save', HTMLButtonElement),
  status: find('explore-status', HTMLElement),
  problems: find('explore-problems', HTMLElement),
  network: find('explore-network', HTMLSelectElement),
  threshold: find('explore-threshold', HTMLInputElement),
  thresholdValue: find('explore-threshold-value', HTMLOutputElement),
  summary: find('explore-summary', HTMLElement),
  cards: find('explore-cards', HTMLElement),
  rows: find('explore-rows', HTMLSelectElement),
  columns: find('explore-columns', HTMLSelectElement),
  cka: find('explore-cka', HTMLElement),
} as const;

startEpsilon();
const missing = missingFeature();
if (missing === undefined) startNetworks();
else {
  say(`This browser has no ${missing}, so that networks cannot run here. Update it, or use another browser.`);
  for (const control of [element.files, element.network, element.rows, element.columns, element.threshold])
    control.disabled = true;
}

function startNetworks(): void {
  const selects = [element.network, element.rows, element.columns];
  selects.forEach((select, position) => {
    for (const entry of manifest.networks) select.append(create('option', { value: entry.name }, title(entry)));
    select.value = manifest.networks[position === 2 ? 1 : 0]!.name;
    select.addEventListener('change', () => void update());
  });
  element.files.addEventListener('change', () => {
    void addFiles([...(element.files.files ?? [])]);
    element.files.value = '';
  });
  element.threshold.addEventListener('input', showPredictions);
  element.clear.addEventListener('click', clear);
  element.save.addEventListener('click', save);
  for (const kind of ['dragover', 'drop', 'dragleave'] as const)
    element.drop.addEventListener(kind, (event) => {
      event.preventDefault();
      element.drop.classList.toggle('dragged', kind === 'dragover');
      if (kind === 'drop') void addFiles([...(event.dataTransfer?.files ?? [])]);
    });
  const size = manifest.runtime.bytes + Math.max(...manifest.networks.map(({ bytes }) => bytes));
  say(
    `Ready. The first image loads up to ${megabytes(size)}: onnxruntime and a network. Each further network is small.`,
  );
  showPredictions();
}

function title({ name, bytes, top1 }: ManifestNetwork): string {
  const accuracy = top1 === undefined ? '' : `, top-1 ${top1.toFixed(1)} %`;
  return `${name} (${megabytes(bytes)}${accuracy})`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(text: string): void {
  element.status.textContent = text;
}

async function addFiles(files: readonly File[]): Promise<void> {
  element.problems.replaceChildren();
  for (const file of files) {
    if (images.length >= maxImages) {
      problem(`Only ${maxImages} images fit. Remove all images to choose others.`);
      break;
    }
    try {
      images.push({ name: file.name, address: URL.createObjectURL(file), pixels: await decodeImage(file) });
    } catch (error) {
      problem(message(error));
    }
  }
  await update();
}

function problem(text: string): void {
  element.problems.append(create('li', {}, text));
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function clear(): void {
  for (const { address } of images.splice(0)) URL.revokeObjectURL(address);
  results.clear();
  element.problems.replaceChildren();
  say('All images have been removed.');
  showPredictions();
  showSimilarity();
}

/** Computes what the chosen networks lack, image by image, and shows it as it comes. */
async function update(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  try {
    for (let next = nextWork(); next; next = nextWork()) {
      const { entry, image } = next;
      const own = await resultsOf(entry);
      const outputs = await own.network.run(image.pixels);
      // The images may have been removed in the meantime.
      if (results.get(entry.name) === own) {
        own.outputs.push(outputs);
        own.features.add(new Map(entry.blocks.map((block) => [block, outputs.get(`block ${block}`)!])));
      }
      showPredictions();
      showSimilarity();
      await new Promise((resolve) => setTimeout(resolve));
    }
    showPredictions();
    showSimilarity();
    if (images.length > 0) say(`${images.length} ${images.length === 1 ? 'image' : 'images'}, all computed here.`);
  } catch (error) {
    say(message(error));
  } finally {
    isRunning = false;
  }
}

function nextWork(): { readonly entry: ManifestNetwork; readonly image: Image } | undefined {
  for (const select of [element.network, element.rows, element.columns]) {
    const entry = entryNamed(select.value);
    const image = images[results.get(entry.name)?.outputs.length ?? 0];
    if (image) return { entry, image };
  }
  return undefined;
}

function entryNamed(name: string): ManifestNetwork {
  return manifest.networks.find((entry) => entry.name === name)!;
}

async function resultsOf(entry: ManifestNetwork): Promise<Results> {
  if (!loading.has(entry.name)) {
    say(`Loading ${title(entry)} …`);
    loading.set(entry.name, openNetwork(manifest, entry));
  }
  const network = await loading.get(entry.name)!;
  const own = results.get(entry.name) ?? { network, outputs: [], features: new GrowingFeatures(entry.blocks) };
  results.set(entry.name, own);
  return own;
}

/** Shows the classes of each image, and where it stops at the present threshold. */
function showPredictions(): void {
  const { outputs = [] } = results.get(element.network.value) ?? {};
  const entry = entryNamed(element.network.value);
  const threshold = element.threshold.valueAsNumber;
  element.thresholdValue.value = percent(threshold);
  element.threshold.disabled = entry.exits.length === 1;
  const stops = outputs.map((one) => stoppingExit(confidences(entry, one), threshold));
  element.summary.textContent = summary(entry, stops);
  element.cards.replaceChildren(...outputs.map((one, i) => card(entry, images[i]!, one, stops[i]!)));
}

function confidences(entry: ManifestNetwork, outputs: ReadonlyMap<string, Float32Array>): number[] {
  return entry.exits.map(({ output }) => ranked(outputs.get(output)!)[0]!.probability);
}

function summary({ name, exits }: ManifestNetwork, stops: readonly number[]): string {
  if (exits.length === 1) return `${name} has no exit branches: every image passes the whole network.`;
  if (stops.length === 0) return '';
  const early = stops.filter((stop) => stop < exits.length - 1).length;
  const mean = stops.reduce((sum, stop) => sum + exits[stop]!.multiplyAdds, 0) / stops.length;
  return (
    `${early} of ${stops.length} images could stop before the classifier. ` +
    `Mean cost: ${percent(mean / exits.at(-1)!.multiplyAdds)} of the multiply-adds of the last exit.`
  );
}

function card(
  { classes, exits }: ManifestNetwork,
  { name, address }: Image,
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
      `${(multiplyAdds / 1e6).toFixed(1)} million`,
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
        ? [createTable(`Exits of ${name}`, ['exit', 'class', 'probability', 'multiply-adds'], rows)]
        : []),
    ),
  );
}

function showSimilarity(): void {
  const [rows, columns] = [element.rows, element.columns].map((select) => results.get(select.value));
  const count = Math.min(rows?.features.images ?? 0, columns?.features.images ?? 0);
  if (!rows || !columns || count < minImages) {
    element.cka.textContent = `CKA needs ${minImages} images; both networks have seen ${count} so far.`;
    return;
  }
  const caption = `CKA on ${count} images: ${rows.network.name} (rows) and ${columns.network.name} (columns)`;
  const values = ckaGrid(rows.features, columns.features);
  element.cka.replaceChildren(heatmap(caption, rows.network.blocks, columns.network.blocks, values));
}

/** Lets the reader save all logits and the similarities as JSON. */
function save(): void {
  const [rows, columns] = [element.rows.value, element.columns.value].map((name) => results.get(name));
  const count = Math.min(rows?.features.images ?? 0, columns?.features.images ?? 0);
  const content = {
    networks: [...results].map(
      ([
        network,
        {
          outputs,
          network: { exits },
        },
      ]) => ({
        network,
        images: outputs.map((one, i) => ({
          image: images[i]!.name,
          outputs: Object.fromEntries(exits.map(({ output }) => [output, [...one.get(output)!]])),
        })),
      }),
    ),
    ...(rows &&
      columns &&
      count >= minImages && {
        cka: {
          rows: rows.network.name,
          columns: columns.network.name,
          values: ckaGrid(rows.features, columns.features),
        },
      }),
  };
  const address = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: 'application/json' }));
  create('a', { href: address, download: 'explore.json' }).click();
  URL.revokeObjectURL(address);
}
