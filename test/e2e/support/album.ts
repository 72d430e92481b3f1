import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MARGIN = 16;
const MESSAGE_PADDING = 6;
const VIEWPORT = { width: 1200, height: 800 };
const TALL = 2_400;

/**
 * Pictures of the walk. They go to `docs/images` where `UPDATE_SCREENSHOTS=1` asks for it; times and ids in them differ
 * from run to run, so every other run writes to `.cache/screenshots` and leaves the checkout as it was.
 * Emoji need a font that has them, like Debian's fonts-noto-color-emoji.
 */
export class Album {
  readonly #folder = join(
    ROOT,
    process.env['UPDATE_SCREENSHOTS'] === '1' ? 'docs/images' : '.cache/screenshots',
  );

  /** All that the window shows, as large as on a screen. */
  async keepWindow(name: string, page: Page): Promise<void> {
    await page.screenshot({ path: this.#path(name), scale: 'css' });
  }

  /** A message with its sender, without the empty space at its side. */
  async keepMessage(name: string, message: Locator): Promise<void> {
    const page = message.page();
    // So high that no message is longer: what reaches under the line to type in would be cut off.
    await page.setViewportSize({ ...VIEWPORT, height: TALL });
    await message.scrollIntoViewIfNeeded();
    // A message's own padding keeps others out of the picture.
    await this.#keepAround(
      name,
      [message.locator('.msg-avatar'), message.locator('.msg-body')],
      MESSAGE_PADDING,
    );
    await page.setViewportSize(VIEWPORT);
  }

  /** A part of a page with a little of what is around it. */
  async keepPart(name: string, part: Locator): Promise<void> {
    await this.#keepAround(name, [part]);
  }

  /** A form in its full length, as large as on a screen: forms are long. */
  async keepForm(name: string, form: Locator): Promise<void> {
    const page = form.page();
    const hidden = await form
      .locator('.modal-body')
      .evaluate(
        (body: { scrollHeight: number; clientHeight: number }) => body.scrollHeight - body.clientHeight,
      );
    // The page lets a form have 86 hundredths of the window's height.
    const height = Math.ceil((VIEWPORT.height * 0.86 + hidden) / 0.86);
    await page.setViewportSize({ ...VIEWPORT, height });
    await form.screenshot({ path: this.#path(name), scale: 'css' });
    await page.setViewportSize(VIEWPORT);
  }

  async #keepAround(name: string, parts: readonly Locator[], above = MARGIN): Promise<void> {
    const [first] = parts;
    if (first === undefined) return;
    const page = first.page();
    // Slack shows buttons over the message under the mouse.
    await page.mouse.move(0, 0);
    const boxes = (await Promise.all(parts.map((part) => part.boundingBox()))).filter((box) => box !== null);
    const x = Math.min(...boxes.map((box) => box.x)) - MARGIN;
    const y = Math.min(...boxes.map((box) => box.y)) - above;
    const right = Math.max(...boxes.map((box) => box.x + box.width)) + MARGIN;
    const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + above;
    const clip = { x: Math.max(0, x), y: Math.max(0, y), width: right - x, height: bottom - y };
    await page.screenshot({ path: this.#path(name), clip });
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.png`);
  }
}
