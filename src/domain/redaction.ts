const HIDDEN = '[hidden]';

// Shapes of credentials that remote systems like to repeat in their answers.
const CREDENTIAL_SHAPES: readonly RegExp[] = [
  /\bBearer\s+[\w.~+/=-]{8,}/gi,
  /\bxox[a-z]-[\w-]{6,}/g,
  /\bxapp-[\w-]{6,}/g,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g,
  /\b(client_secret|client_assertion|secretText|password)("?\s*[:=]\s*"?)[^\s"&,}]{4,}/gi,
  /\b(rediss?:\/\/[^:\s/]*:)[^@\s]+(?=@)/gi,
];

/** Cuts the given values, and everything shaped like a credential, out of a text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length > 0) clean = clean.split(secret).join(HIDDEN);
  }
  for (const shape of CREDENTIAL_SHAPES) {
    clean = clean.replace(shape, (_match, ...groups: unknown[]) => kept(groups) + HIDDEN);
  }
  return clean;
}

// The name before a value (`client_secret=`) stays, so that a reader sees what was there.
function kept(groups: unknown[]): string {
  return groups
    .slice(0, -2)
    .filter((group): group is string => typeof group === 'string')
    .join('');
}
