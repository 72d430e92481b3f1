import type { Locator } from 'playwright-core';

/** The text of a part of a page; waits until the part is there. */
export async function textOf(part: Locator): Promise<string> {
  return (await part.textContent()) ?? '';
}
