/** The part of papaparse that this project uses. */
declare module 'papaparse' {
  interface Table {
    readonly fields: readonly string[];
    readonly data: readonly (readonly (string | number | boolean | null)[])[];
  }

  /** Formats a table as CSV after RFC 4180: values with commas, quotes or line breaks are quoted. */
  export function unparse(table: Table, options: { readonly newline: string }): string;

  /** Reads CSV. */
  export function parse(text: string): { readonly data: unknown };
}
