import { labelText, scriptJson } from './escape';
import type { Figure } from '../charts/figure';

/**
 * A figure as HTML that draws itself, taking the place of the static picture before it; without scripts or without
 * plotly.js it stays empty and the picture stays. It refers to plotly.js and never carries it: to the copy that a page has
 * already, else to that of JupyterLab's file server, else to the addresses given, by default `plotly.js` beside the page.
 */
export function liveHtml(figure: Figure, id: string, addresses: readonly string[] = ['plotly.js']): string {
  return `<div style="overflow-x:auto"><div id="${id}" class="live-figure" style="width:100%;min-width:${leastWidth(figure)}px;max-width:${figure.layout.width}px"></div></div>
<script>(${drawLive})(${scriptJson({ id, addresses, figure: rounded(figure), name: fileName(figure) })});</script>`;
}

/** On a phone a figure is read by moving it to the side, for narrower its words would lie upon each other; several panels need their whole width. */
function leastWidth({ layout }: Figure): number {
  const panels = Object.keys(layout).filter((key) => key.startsWith('xaxis')).length;
  return panels > 1 ? layout.width : Math.min(layout.width, 520);
}

/** What the browser calls a saved picture: the title's letters and numbers. */
function fileName({ layout }: Figure): string {
  return (
    labelText(layout.title.text)
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 80) || 'figure'
  );
}

/** Seven digits are more than a hover shows and half the bytes. */
function rounded(figure: Figure): unknown {
  return JSON.parse(
    JSON.stringify(figure, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value)),
  );
}

/** Runs in the browser, hence plain JavaScript in a string. */
const drawLive = `function ({ id, addresses, figure, name }) {
  const host = document.getElementById(id);
  if (!host) return;
  const lab = document.getElementById('jupyter-config-data');
  const copies = lab ? [(JSON.parse(lab.textContent).baseUrl || '/') + 'files/node_modules/plotly.js-dist/plotly.js'] : addresses;
  const load = ([first, ...rest]) => new Promise((resolve, reject) => {
    if (!first) return reject(new Error('plotly.js was not found'));
    const script = document.createElement('script');
    script.src = first;
    script.onload = () => window.Plotly ? resolve(window.Plotly) : reject(new Error(first));
    script.onerror = () => load(rest).then(resolve, reject);
    document.head.append(script);
  });
  const output = host.closest('.jp-OutputArea-child');
  const before = (output || host.parentElement).previousElementSibling;
  const picture = before && (before.matches('img') || before.querySelector('img')) ? before : null;
  const draw = (Plotly) => {
    const { width, ...layout } = figure.layout;
    const size = { width, height: layout.height, filename: name };
    const svg = { name: 'svg', title: 'Download plot as an SVG', icon: Plotly.Icons.disk, click: (plot) => Plotly.downloadImage(plot, { ...size, format: 'svg' }) };
    // Plotly would offer to send the numbers to a server of its makers.
    const config = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToAdd: [svg], toImageButtonOptions: { ...size, format: 'png', scale: 3 } };
    return Plotly.newPlot(host, figure.data, { ...layout, autosize: true }, config);
  };
  if (window.Plotly) window.plotlyLoading = Promise.resolve(window.Plotly);
  else if (!window.plotlyLoading) window.plotlyLoading = load(copies);
  window.plotlyLoading.then(draw).then(() => {
    if (picture) picture.style.display = 'none';
  }, () => { window.plotlyLoading = undefined; });
}`;
