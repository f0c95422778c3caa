window.MathJax = { tex: { inlineMath: [['$', '$'], ['\\(', '\\)']], processEscapes: true }, options: { processHtmlClass: 'arithmatex|jp-RenderedMarkdown' } };
