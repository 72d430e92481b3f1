import type { Page } from 'playwright-core';
import { textOf } from './text.ts';

/** Entra's pages of a sign-in, in the order in which they come. */
export class EntraPages {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async namesAccount(email: string): Promise<void> {
    await this.page.getByLabel('User name').fill(email);
    await this.page.getByRole('button', { name: 'Next' }).click();
  }

  async typesPassword(password: string): Promise<void> {
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Waits for the question for the second factor; gives the code that the authenticator shows. */
  authenticatorShows(): Promise<string> {
    return textOf(this.page.locator('#authenticator'));
  }

  async typesCode(code: string): Promise<void> {
    await this.page.getByLabel('Code').fill(code);
    await this.page.getByRole('button', { name: 'Verify' }).click();
  }
}
