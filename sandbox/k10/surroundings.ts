/** What the sign-in service finds around it when it starts. */
export interface Surroundings {
  /** The content of a mounted file, or undefined. */
  readFile(path: string): Buffer | undefined;
  environment: Readonly<Record<string, string>>;
  /** Writes a line into its log. */
  log(line: string): void;
}
