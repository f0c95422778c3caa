const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML that shows exactly that text, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Text as a Plotly label: Plotly reads tags and entities in every text, so those of a class's or layer's name are disarmed. */
export function label(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] ?? character);
}

/** The text of a label again, for a terminal or a page's title. */
export function labelText(shown: string): string {
  return shown.replace(
    /&(amp|lt|gt);/g,
    (entity) => Object.keys(entities).find((character) => entities[character] === entity) ?? entity,
  );
}

/** Markdown in which nothing is an HTML tag: what a page makes of Markdown would let one through. */
export function withoutTags(markdown: string): string {
  return markdown.replace(/<(?=[a-z/!?])/gi, '&lt;');
}

/** A value as JSON that may stand inside a script element: no text in it can close the element or open a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
