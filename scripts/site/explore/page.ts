import type { Pixels } from '../../../lib/data/image';
import { decodeImage } from './decodeImage';
import { create, find, percent } from './dom';
import { startEpsilon } from './epsilonSection';
import { ckaGrid, GrowingFeatures } from './growingCka';
import { heatmap } from './heatmap';
import type { Manifest, ManifestNetwork } from './manifest';
import { missingFeature, openNetwork, type Network } from './network';
import { card, confidences, summary, type ShownImage } from './predictionCards';
import { stoppingExit } from './predictions';

/** Written by the bundler. */
declare const manifest: Manifest;

/** More would fill the memory of a phone: the features of all blocks are kept. */
const maxImages = 100;
/** Fewer images have no unbiased CKA. */
const minImages = 4;

interface Image extends ShownImage {
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
    select.addEventListener('change', () => {
      if (images.length === 0) sayReady();
      void update();
    });
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
  sayReady();
  showPredictions();
  showSimilarity();
}

/** States what the first image loads. */
function sayReady(): void {
  const chosen = new Set([element.network, element.rows, element.columns].map((select) => entryNamed(select.value)));
  const missing = [...chosen].filter(({ name }) => !loading.has(name));
  const runtime = loading.size === 0 ? [{ name: 'onnxruntime', bytes: manifest.runtime.bytes }] : [];
  const files = [...runtime, ...missing];
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const names = files.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
  say(total === 0 ? 'Ready.' : `Ready. The first image loads ${megabytes(total)}: ${names}.`);
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
  element.problems.append(create('p', {}, text));
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function clear(): void {
  for (const { address } of images.splice(0)) URL.revokeObjectURL(address);
  results.clear();
  element.problems.replaceChildren();
  sayReady();
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
  const network = await loading.get(entry.name)!.catch((error: unknown) => {
    // The next attempt loads it again.
    loading.delete(entry.name);
    throw error;
  });
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

function showSimilarity(): void {
  const compared = comparedNetworks();
  if (!compared) {
    const [rows, columns] = [element.rows, element.columns].map((select) => results.get(select.value));
    const count = commonImages(rows, columns);
    element.cka.textContent = `CKA needs ${minImages} images; both networks have seen ${count} so far.`;
    return;
  }
  const { rows, columns, count } = compared;
  const caption = `CKA on ${count} images: ${rows.network.name} (rows) and ${columns.network.name} (columns)`;
  const values = ckaGrid(rows.features, columns.features);
  element.cka.replaceChildren(heatmap(caption, rows.network.blocks, columns.network.blocks, values));
}

/** Lets the reader save all outputs and the similarities as JSON. */
function save(): void {
  const content = {
    networks: [...results].map(([network, own]) => ({ network, images: savedOutputs(own) })),
    ...savedSimilarity(),
  };
  const address = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: 'application/json' }));
  create('a', { href: address, download: 'explore.json' }).click();
  URL.revokeObjectURL(address);
}

function savedOutputs({ outputs, network: { exits } }: Results): object[] {
  return outputs.map((one, i) => ({
    image: images[i]!.name,
    outputs: Object.fromEntries(exits.map(({ output }) => [output, [...one.get(output)!]])),
  }));
}

function savedSimilarity(): object {
  const compared = comparedNetworks();
  if (!compared) return {};
  const { rows, columns } = compared;
  const values = ckaGrid(rows.features, columns.features);
  return { cka: { rows: rows.network.name, columns: columns.network.name, values } };
}

/** The two networks whose CKA is shown; undefined as long as they have seen too few images. */
function comparedNetworks(): { readonly rows: Results; readonly columns: Results; readonly count: number } | undefined {
  const [rows, columns] = [element.rows, element.columns].map((select) => results.get(select.value));
  const count = commonImages(rows, columns);
  return rows && columns && count >= minImages ? { rows, columns, count } : undefined;
}

function commonImages(rows: Results | undefined, columns: Results | undefined): number {
  return Math.min(rows?.features.images ?? 0, columns?.features.images ?? 0);
}
