/** The files and folders of the site: source, and path among the pages. */
export const sources: readonly (readonly [string, string])[] = [
  ['README.md', 'index.md'],
  ['README.ko.md', 'README.ko.md'],
  ['CONTRIBUTING.md', 'CONTRIBUTING.md'],
  ['docs', 'docs'],
  ['notebooks', 'notebooks'],
  ['data/results', 'data/results'],
  // The pages link to READMEs of folders, and these to code.
  ['lib', 'lib'],
  ['scripts/site/assets', 'assets'],
  ['scripts/site/explore/explore.md', 'explore.md'],
  ['scripts/site/explore/explore.css', 'assets/explore.css'],
  ['node_modules/mathjax/es5/tex-svg.js', 'assets/mathjax.js'],
  ['node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js', 'assets/mermaid.js'],
  ['node_modules/iframe-worker/shim/index.js', 'assets/iframe-worker.js'],
  // Figures of a notebook load the copy in the notebook's folder.
  ['node_modules/plotly.js-dist/plotly.js', 'notebooks/plotly.js'],
];
