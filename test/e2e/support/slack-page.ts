import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { CastMember } from '../../../sandbox/cast.ts';
import { SlackForm } from './slack-form.ts';

/** The Slack page, as the person who sits before it sees and uses it. */
export class SlackPage {
  readonly page: Page;
  readonly form: SlackForm;

  constructor(page: Page) {
    this.page = page;
    this.form = new SlackForm(page);
  }

  static async open(context: BrowserContext, url: string, person: CastMember): Promise<SlackPage> {
    const page = await context.newPage();
    await page.goto(`${url}?as=${person.slackId}`);
    return new SlackPage(page);
  }

  /** Goes on as somebody else. */
  async actAs(person: CastMember): Promise<void> {
    await this.page.locator('label.actas select').selectOption(person.slackId);
  }

  async enter(channel: string): Promise<void> {
    await this.page.locator('.sidebar-item', { hasText: `#${channel}` }).click();
  }

  async readsDirectMessages(): Promise<void> {
    await this.page
      .locator('.sidebar-section', { hasText: 'Direct messages' })
      .locator('+ .sidebar-item')
      .click();
  }

  /** Opens the app's home tab; gives what is on it. */
  async opensHome(app: string): Promise<Locator> {
    await this.page
      .locator('.sidebar-section', { hasText: 'Apps' })
      .locator('+ .sidebar-item', { hasText: app })
      .click();
    return this.page.locator('.home');
  }

  /** Opens what stands under a message, at the side. */
  async opensThread(message: Locator): Promise<Locator> {
    await message.locator('.thread-summary').click();
    return this.page.locator('.thread-pane');
  }

  async types(command: string): Promise<void> {
    const composer = this.page.locator('.composer-input');
    await composer.fill(command);
    await composer.press('Enter');
  }

  /** The newest message that says this. */
  message(text: string | RegExp): Locator {
    return this.page.locator('.msg', { hasText: text }).last();
  }

  /** The newest message that says this to nobody but the person who sits here. */
  privateMessage(text: string | RegExp): Locator {
    return this.page
      .locator('.msg', { has: this.page.locator('.badge-eph') })
      .filter({ hasText: text })
      .last();
  }

  /** The same message, whatever it is edited to. */
  async follow(message: Locator): Promise<Locator> {
    const timestamp = await message.getAttribute('data-ts');
    return this.page.locator(`.msg[data-ts="${timestamp}"]`);
  }

  async presses(message: Locator, button: string): Promise<void> {
    await buttonOf(message, button).click();
  }

  /** Follows a button that opens another page. */
  async follows(message: Locator, button: string): Promise<Page> {
    const opened = this.page.context().waitForEvent('page');
    await buttonOf(message, button).click();
    return opened;
  }
}

function buttonOf(message: Locator, text: string): Locator {
  return message.locator('.bk-button', { hasText: text });
}
