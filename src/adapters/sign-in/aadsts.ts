/** A sign-in error of Entra in plain words. */
export interface AadstsExplanation {
  readonly message: string;
  readonly hint: string;
}

const ADMIN = 'Ask an Entra administrator.';

const FEDERATED_HINT =
  'Issuer, subject and audience of the federated credential have to equal those of the token exactly.';

const CODES: Readonly<Record<string, AadstsExplanation>> = {
  AADSTS50011: {
    message: 'The address K10 sends people back to is not among the redirect URIs of the app registration.',
    hint: 'It has to be <dashboard>/<release>/auth-svc/v0/oidc/redirect, letter by letter. /kasten setup sets it right.',
  },
  AADSTS50105: {
    message: 'The person, or their group, is not assigned to the enterprise application.',
    hint: 'Assign the group to the application, or switch "Assignment required" off. Groups inside groups do not count.',
  },
  AADSTS50020: {
    message: 'The account belongs to another tenant and was not invited into this one.',
    hint: 'Sign in with an account of this tenant, or have the person invited as a guest.',
  },
  AADSTS50034: {
    message: 'The account does not exist in this tenant.',
    hint: 'Check the address, and that the tenant in the configuration is the right one.',
  },
  AADSTS51004: {
    message: 'The account does not exist in this tenant.',
    hint: 'Check the address, and that the tenant in the configuration is the right one.',
  },
  AADSTS50057: { message: 'The account is disabled.', hint: ADMIN },
  AADSTS50058: {
    message: 'Nobody is signed in to Entra in this browser, and K10 did not allow Entra to ask.',
    hint: 'Set the prompt to select_account in the set-up form.',
  },
  AADSTS50072: {
    message: 'The person has to set up multi-factor authentication first.',
    hint: 'They enrol at https://aka.ms/mfasetup and sign in again.',
  },
  AADSTS50074: {
    message: 'Multi-factor authentication was not completed.',
    hint: 'Sign in again and answer the prompt of the second factor.',
  },
  AADSTS50076: {
    message: 'Multi-factor authentication is demanded here.',
    hint: 'Sign in again and answer the prompt of the second factor.',
  },
  AADSTS50079: {
    message: 'The person has to set up multi-factor authentication first.',
    hint: 'They enrol at https://aka.ms/mfasetup and sign in again.',
  },
  AADSTS50126: {
    message: 'User name or password is wrong.',
    hint: 'Sign in again, or have the password reset.',
  },
  AADSTS500121: {
    message: 'The second factor was declined, wrong, or not given in time.',
    hint: 'Sign in again and answer the prompt of the second factor.',
  },
  AADSTS50194: {
    message: 'The app belongs to one tenant but was asked for without naming the tenant.',
    hint: "The provider URL has to hold the tenant's ID, not common or organizations.",
  },
  AADSTS53000: {
    message: "Conditional Access demands a device that meets the company's rules.",
    hint: ADMIN,
  },
  AADSTS53001: { message: 'Conditional Access demands a device that has joined the domain.', hint: ADMIN },
  AADSTS53003: {
    message: 'A Conditional Access policy blocks this sign-in.',
    hint: 'The sign-in log in Entra names the policy. Ask an Entra administrator for an exemption.',
  },
  AADSTS530035: { message: 'The security defaults of the tenant block this sign-in.', hint: ADMIN },
  AADSTS54005: {
    message: 'The sign-in code was used twice.',
    hint: 'Open the dashboard again; do not use the back button in the middle of a sign-in.',
  },
  AADSTS65001: {
    message: 'Nobody has consented to the app yet.',
    hint: 'An administrator grants consent under Enterprise applications > the app > Permissions.',
  },
  AADSTS65004: {
    message: 'The person declined the consent.',
    hint: 'Sign in again and accept, or have an administrator consent for everyone.',
  },
  AADSTS90094: {
    message: 'Only an administrator may consent to apps in this tenant.',
    hint: 'An administrator grants consent under Enterprise applications > the app > Permissions.',
  },
  AADSTS70001: {
    message: 'The app is disabled or does not exist in this tenant.',
    hint: 'Look under Enterprise applications whether sign-in is enabled for it.',
  },
  AADSTS7000112: {
    message: 'The app is disabled.',
    hint: 'Enable sign-in under Enterprise applications > the app > Properties.',
  },
  AADSTS70011: {
    message: 'The scopes are not valid.',
    hint: 'Scopes are words parted by spaces: openid email.',
  },
  AADSTS70021: {
    message: 'No federated credential of the app fits the token that was shown.',
    hint: FEDERATED_HINT,
  },
  AADSTS700211: {
    message: 'No federated credential of the app fits the issuer of the token that was shown.',
    hint: FEDERATED_HINT,
  },
  AADSTS700212: {
    message: 'No federated credential of the app fits the audience of the token that was shown.',
    hint: FEDERATED_HINT,
  },
  AADSTS700213: {
    message: 'No federated credential of the app fits the subject of the token that was shown.',
    hint: `${FEDERATED_HINT} The subject is system:serviceaccount:<namespace>:<service account>.`,
  },
  AADSTS700024: {
    message: 'The token that was shown is not good any more, or not yet.',
    hint: "Check the clock of the machine, and that the file with the cluster's token is written anew.",
  },
  AADSTS700016: {
    message: 'The app does not exist in this tenant.',
    hint: 'The client ID or the tenant is wrong, or the app is so new that Entra does not know it everywhere yet.',
  },
  AADSTS700027: {
    message: "The certificate's signature is not valid for this app.",
    hint: 'Upload the public part of the certificate to the app registration, or give the file that belongs to it.',
  },
  AADSTS700054: {
    message: 'ID tokens are not switched on for the app.',
    hint: 'Switch on "ID tokens" under App registrations > the app > Authentication. /kasten setup does it.',
  },
  AADSTS7000215: {
    message: 'The client secret is wrong.',
    hint: "Use the secret's value, not its ID. A secret that is only seconds old is not accepted everywhere yet.",
  },
  AADSTS7000218: {
    message: 'The client secret is missing.',
    hint: 'Look whether the Kubernetes Secret with the credentials holds a client-secret.',
  },
  AADSTS7000222: {
    message: 'The client secret has ended.',
    hint: 'A new one is needed: rotate it.',
  },
  AADSTS7000229: {
    message: 'The app has no enterprise application in this tenant.',
    hint: '/kasten setup creates it. One that is only seconds old is not known everywhere yet.',
  },
  AADSTS1000502: {
    message: 'The certificate has ended, or is not good yet.',
    hint: 'Upload a new one to the app registration, and give its file to whoever proves itself with it.',
  },
  AADSTS90002: {
    message: 'The tenant does not exist.',
    hint: 'Check the tenant ID and the cloud in the configuration.',
  },
  AADSTS90038: {
    message: 'The tenant lives in another national cloud.',
    hint: 'Set the cloud in the configuration to the one the tenant lives in.',
  },
  AADSTS500011: {
    message: 'The service that a token was asked for does not exist in this tenant.',
    hint: 'Check the tenant and the cloud in the configuration.',
  },
};

/**
 * An Entra sign-in error in plain words. Microsoft may change the codes: unknown ones give `undefined`.
 * @param code `AADSTS7000215` or `7000215`
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export function explainAadsts(code: string): AadstsExplanation | undefined {
  const key = code.startsWith('AADSTS') ? code : `AADSTS${code}`;
  return Object.hasOwn(CODES, key) ? CODES[key] : undefined;
}
