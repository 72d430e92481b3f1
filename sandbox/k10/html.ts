import { escapeHtml } from '../tools/escape-html.ts';

/** A piece of a page in which everything that came from outside has been made harmless. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

/** A template for HTML: texts put into it are escaped, pieces of HTML are not. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce(joinWith(parts)));
}

function joinWith(parts: readonly Part[]) {
  return (before: string, text: string, index: number) => before + render(parts[index - 1] ?? '') + text;
}

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') {
    return escapeHtml(String(part));
  }
  return part.map((piece) => piece.text).join('\n');
}
