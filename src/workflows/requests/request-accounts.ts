import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import type { EntraAccount } from '../../domain/person.ts';
import { CALENDAR, type Request, type RequestAccounts } from '../../domain/requests/request.ts';
import { findAccounts, type PeopleLookups } from '../setup/people.ts';

/**
 * Who asked and who is given access, in Entra.
 * @throws KastellanError `person.unfit`
 */
export async function findRequestAccounts(
  lookups: PeopleLookups,
  request: Request,
): Promise<RequestAccounts> {
  const { asker } = request;
  const [ofAsker, ofBeneficiary] = await Promise.all([
    asker === CALENDAR ? [] : findAskerAccounts(lookups, asker),
    request.kind === 'access' ? findAccounts(lookups, request.spec.beneficiary) : [],
  ]);
  return { asker: ofAsker, beneficiary: ofBeneficiary };
}

async function findAskerAccounts(lookups: PeopleLookups, asker: string): Promise<EntraAccount[]> {
  try {
    return await findAccounts(lookups, asker);
  } catch (thrown) {
    const { code, message, hint } = asKastellanError(thrown);
    if (code !== 'person.unfit') throw thrown;
    throw new KastellanError({
      code,
      message: `The person who asked has to be known in Entra, so that nobody approves their own request under another name. ${message}`,
      ...(hint !== undefined && { hint }),
    });
  }
}
