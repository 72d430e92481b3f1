import type { Locator, Page } from 'playwright-core';
import { textOf } from './text.ts';

/** A form or a text that lies over the Slack page. */
export class SlackForm {
  readonly root: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    this.root = page.locator('.modal');
  }

  async fills(label: string, text: string): Promise<void> {
    await this.#field(label).locator('.bk-plain-input').fill(text);
  }

  async ticks(label: string, ...choices: readonly string[]): Promise<void> {
    for (const choice of choices) {
      await this.#field(label).locator('.bk-options label', { hasText: choice }).locator('input').check();
    }
  }

  async chooses(label: string, choice: string): Promise<void> {
    await this.#field(label).locator('label', { hasText: choice }).locator('input').check();
  }

  /** Presses a button that is part of the form. */
  async opens(button: string): Promise<void> {
    await this.root.locator('.bk-button', { hasText: button }).click();
  }

  value(label: string): Promise<string> {
    return this.#field(label).locator('.bk-plain-input').inputValue();
  }

  /** What a menu shows as chosen. */
  choice(label: string): Promise<string> {
    return textOf(this.#field(label).locator('option:checked'));
  }

  /** What stands at a field as wrong; waits until something does. */
  problemAt(label: string): Promise<string> {
    return textOf(this.#field(label).locator('.modal-error'));
  }

  async sends(): Promise<void> {
    await this.root.locator('.modal-foot .primary').click();
  }

  async closes(): Promise<void> {
    await this.root.locator('.modal-x').click();
    await this.isGone();
  }

  async isGone(): Promise<void> {
    await this.root.waitFor({ state: 'detached' });
  }

  #field(label: string): Locator {
    return this.root
      .locator('.bk-input')
      .filter({ has: this.#page.locator('.bk-label').getByText(label, { exact: true }) });
  }
}
