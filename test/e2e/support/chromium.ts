import { execa } from 'execa';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** Chromium without a window, as the system has it; `make setup` installs it where it is missing. */
export async function launchChromium(): Promise<Browser> {
  const { stdout } = await execa('sh', ['-c', 'command -v chromium']);
  // The sandbox of Chromium needs rights that containers rarely give; it opens nothing but 127.0.0.1 here.
  return chromium.launch({ executablePath: stdout.trim(), args: ['--no-sandbox'] });
}

/** A visitor's browser: sharp, with one language and time zone everywhere, trusting the sandbox's certificates. */
export function newVisitor(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: 1200, height: 800 },
    deviceScaleFactor: 1.5,
    locale: 'en-GB',
    timezoneId: 'UTC',
    ignoreHTTPSErrors: true,
  });
}
