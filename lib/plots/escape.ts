const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Escapes text for Plotly, which interprets tags and entities in every text. */
export function label(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] ?? character);
}

/** The text of an escaped label, for a terminal or a page title. */
export function labelText(shown: string): string {
  return shown.replace(
    /&(amp|lt|gt);/g,
    (entity) => Object.keys(entities).find((character) => entities[character] === entity) ?? entity,
  );
}

/** Escapes HTML tags in Markdown, because Markdown renderers pass them through. */
export function withoutTags(markdown: string): string {
  return markdown.replace(/<(?=[a-z/!?])/gi, '&lt;');
}

/** JSON for a script element: no string in it can close the element or open a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
