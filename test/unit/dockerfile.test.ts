import { describe, expect, it } from '@jest/globals';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { read } from '../support/pages.ts';

const text = read('Dockerfile');
const file = DockerfileParser.parse(text);

describe('The Dockerfile', () => {
  it('has nothing that a linter finds', () => {
    const found = validate(text).map(({ range, message }) => `line ${range.start.line + 1}: ${message}`);
    expect(found).toEqual([]);
  });

  it('ends as a user that is not root, by number, with no shell around the program', () => {
    const last = file.getInstructions().filter(({ getKeyword }) => getKeyword !== undefined);
    const keyword = (name: string) =>
      last
        .filter((one) => one.getKeyword() === name)
        .at(-1)
        ?.getArgumentsContent();
    expect(keyword('USER')).toBe('65532:65532');
    expect(keyword('ENTRYPOINT')).toBe(
      '["node", "--max-semi-space-size=16", "--v8-pool-size=1", "src/main.ts"]',
    );
    expect(keyword('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('takes the image that runs from a base without a shell, and puts nothing into it by a command', () => {
    const stages = file.getFROMs();
    expect(stages.map((stage) => stage.getBuildStage())).toEqual(['product', 'helm', null]);
    const lastStage = stages.at(-1)?.getRange().start.line ?? 0;
    const later = file.getInstructions().filter((one) => one.getRange().start.line > lastStage);
    expect(later.map((one) => one.getKeyword())).not.toContain('RUN');
    expect(text).toMatch(/^ARG RUNTIME_IMAGE=\S*distroless\S*:nonroot$/m);
  });

  it('installs just the Helm that the tests run, by digest for both architectures', () => {
    expect(text).toMatch(/^ARG HELM_SHA256_AMD64=[0-9a-f]{64}$/m);
    expect(text).toMatch(/^ARG HELM_SHA256_ARM64=[0-9a-f]{64}$/m);
    expect(text).toContain('sha256sum --check --strict');
  });

  it('has the version of the product, and copies only what .dockerignore lets in', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(text).toContain(`ARG VERSION=${version}\n`);
    const letIn = lines('.dockerignore').flatMap((line) => (line.startsWith('!') ? line.slice(1) : []));
    const copied = file
      .getCOPYs()
      .filter((copy) => copy.getFlags().length === 0)
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => argument.getValue()),
      );
    expect(copied.toSorted()).toEqual(letIn.toSorted());
  });
});

function lines(path: string): string[] {
  return read(path).split('\n');
}
