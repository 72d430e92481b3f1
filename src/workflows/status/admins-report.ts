import type { Removal } from '../../domain/setup/admin-words.ts';
import type { Acceptance } from '../../ports/stores.ts';

/** People in a group, as Entra has them now. */
export interface GroupPeople {
  readonly people: readonly AdminPerson[];
  /** How many more there are. */
  readonly more: number;
}

/** A person who administers K10 because of a group. */
export interface AdminPerson {
  readonly name: string;
  /** The account is disabled: its group lets it in as soon as somebody enables it. */
  readonly disabled: boolean;
  /** `standing`: for good; `unaccounted`: in the group, and nobody noted why; otherwise until when (ISO time). */
  readonly how: 'standing' | 'unaccounted' | { readonly until: string; readonly breakGlass: boolean };
}

/** A way to administer K10 that Kastellan did not make. Names in it are as others wrote them. */
export interface AdminPathView {
  readonly id: string;
  readonly who: string;
  readonly via: string;
  readonly everybody: boolean;
  /** Who is in the group, if it is one of Entra. */
  readonly members?: GroupPeople;
  readonly removal: Removal;
  readonly accepted?: Acceptance;
}

/** Who administers K10 by an access level. */
export interface LevelAdmins extends GroupPeople {
  readonly level: string;
  readonly group: string;
  readonly roles: readonly string[];
}

/** What `/kasten who` tells of one cluster. */
export interface ClusterAdmins {
  readonly cluster: string;
  readonly levels: readonly LevelAdmins[];
  readonly others: readonly AdminPathView[];
  /** How many ways are K10's own, those of Kubernetes, and Kastellan's accounts. */
  readonly own: { readonly k10: number; readonly cluster: number; readonly kastellan: number };
  /** The level that people may take without asking. */
  readonly breakGlass?: {
    readonly level: string;
    readonly userGroups: readonly string[];
    readonly users: readonly string[];
  };
  /** What could not be seen, a sentence each. */
  readonly unseen: readonly string[];
}
