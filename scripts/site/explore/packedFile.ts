declare global {
  interface Window {
    /** Files that have been loaded: gzip, as base64. */
    explorePacked?: Record<string, string>;
  }
}

/** The folder of this program, from which its files are loaded. */
const folder = new URL('.', document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : '');

/**
 * Loads a file of the page. It is a script, because browsers load nothing else for a page that is opened from a disk.
 * Throws an Error if it cannot be loaded.
 */
export async function packedFile(name: string): Promise<Uint8Array> {
  const script = document.createElement('script');
  script.src = new URL(name, folder).href;
  await new Promise<void>((resolve, reject) => {
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () =>
      reject(new Error(`${name} could not be loaded. Check the connection, and choose an image or a network again.`)),
    );
    document.head.append(script);
  });
  script.remove();
  const text = window.explorePacked?.[name];
  if (text === undefined) throw new Error(`${name} is damaged. Build the site again.`);
  delete window.explorePacked?.[name];
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}
