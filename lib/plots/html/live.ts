import { labelText, scriptJson } from '../escape';
import type { Figure } from '../charts/figure';

/**
 * HTML that draws an interactive figure and then hides the static picture before it. Without JavaScript or plotly.js
 * the picture stays. The HTML does not contain plotly.js. It uses the first copy that is available: the one that the
 * page has loaded, the one of JupyterLab's file server, or the first of `addresses` that loads.
 */
export function liveHtml(figure: Figure, id: string, addresses: readonly string[] = ['plotly.js']): string {
  const style = `width:100%;min-width:${minWidth(figure)}px;max-width:${figure.layout.width}px`;
  const options = scriptJson({ id, addresses, figure: rounded(figure), name: fileName(figure) });
  return `<div style="overflow-x:auto"><div id="${id}" class="live-figure" style="${style}"></div></div>
<script>(${drawLive})(${options});</script>`;
}

/**
 * On narrow screens figures scroll, because their texts would overlap below this width. Grids keep their full width.
 */
function minWidth({ layout }: Figure): number {
  const panels = Object.keys(layout).filter((key) => key.startsWith('xaxis')).length;
  return panels > 1 ? layout.width : Math.min(layout.width, 520);
}

/** The file name of a downloaded picture: the letters and digits of the title. */
function fileName({ layout }: Figure): string {
  return (
    labelText(layout.title.text)
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 80) || 'figure'
  );
}

/** Rounds numbers to seven digits: half the bytes, and more digits than a tooltip shows. */
function rounded(figure: Figure): unknown {
  return JSON.parse(
    JSON.stringify(figure, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value)),
  );
}

/** Runs in the browser, therefore plain JavaScript in a string. */
const drawLive = `function ({ id, addresses, figure, name }) {
  const host = document.getElementById(id);
  if (!host) return;
  const lab = document.getElementById('jupyter-config-data');
  const labUrl = () => (JSON.parse(lab.textContent).baseUrl || '/') + 'files/node_modules/plotly.js-dist/plotly.js';
  const copies = lab ? [labUrl()] : addresses;
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
    const download = (plot) => Plotly.downloadImage(plot, { ...size, format: 'svg' });
    const svg = { name: 'svg', title: 'Download plot as an SVG', icon: Plotly.Icons.disk, click: download };
    const config = {
      responsive: true,
      displaylogo: false,
      // Otherwise Plotly offers to send the data to a server of its makers.
      showSendToCloud: false,
      modeBarButtonsToAdd: [svg],
      toImageButtonOptions: { ...size, format: 'png', scale: 3 },
    };
    return Plotly.newPlot(host, figure.data, { ...layout, autosize: true }, config);
  };
  if (window.Plotly) window.plotlyLoading = Promise.resolve(window.Plotly);
  else if (!window.plotlyLoading) window.plotlyLoading = load(copies);
  window.plotlyLoading.then(draw).then(() => {
    if (picture) picture.style.display = 'none';
  }, () => { window.plotlyLoading = undefined; });
}`;
