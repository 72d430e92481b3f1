#!/usr/bin/env bash
# The identity that Kastellan runs as: an app registration without any secret, trusted by way of one service account of
# one cluster, with the permissions in Microsoft Graph that its features need. main.bicep makes the same objects, under
# the same names. Looks before it acts: a second run changes nothing.
set -euo pipefail

usage() {
  cat <<'TEXT'
create-identity.sh [options]   makes Kastellan's identity in Entra; az has to be signed in as somebody who may
                               grant admin consent
create-identity.sh --list      prints every feature with the Graph permissions it adds, and changes nothing

  --with FEATURE            something Kastellan is used for besides set-up; may be given more than once:
                            secret-limits, delete-groups, application-groups, other-applications,
                            member-history, mfa-check, sign-in-log, consent-check
                            (docs/permissions.md)
  --no-trust                trust no service account: where Entra cannot reach the cluster's issuer, or there is no
                            cluster; Kastellan then proves itself by a client secret or a certificate
  --issuer URL              OIDC issuer of the cluster; else kubectl asks the cluster of its current context
  --namespace NAME          namespace of Kastellan (kastellan)
  --service-account NAME    its service account (kastellan)
  --display-name NAME       name of the app registration, as people see it (Kastellan)

On the standard output are values for Kastellan's Helm chart.
TEXT
}

FEATURES=(set-up secret-limits delete-groups application-groups other-applications member-history
  mfa-check sign-in-log consent-check)

# Each line: name and app role ID of a permission.
permissions_of() {
  case $1 in
    set-up)
      echo Application.ReadWrite.OwnedBy 18a4783c-866b-4cc7-a460-3d5e5662c884
      echo Group.Create bf7b1a76-6e77-406b-b258-bf5c7720e98f
      echo GroupMember.ReadWrite.All dbaae8cf-10b5-4b86-a4a1-f871c94c6695
      echo User.Read.All df021288-bdef-4463-88db-98f22de89214
      ;;
    secret-limits)
      echo Policy.Read.All 246dd0d5-5bd0-4def-940b-0421030a5b68
      ;;
    delete-groups)
      echo Group.ReadWrite.All 62a82d76-70ea-41e2-9197-370581804d09
      ;;
    application-groups)
      echo AppRoleAssignment.ReadWrite.All 06b708a9-e830-4db3-a914-8e69da51d44f
      echo Application.Read.All 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30
      ;;
    other-applications)
      echo Application.Read.All 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30
      ;;
    member-history)
      echo AuditLog.Read.All b0afded3-3588-46d8-8b3d-9842eff778da
      ;;
    mfa-check)
      echo Policy.Read.All 246dd0d5-5bd0-4def-940b-0421030a5b68
      ;;
    sign-in-log)
      echo AuditLog.Read.All b0afded3-3588-46d8-8b3d-9842eff778da
      ;;
    consent-check)
      echo Policy.Read.All 246dd0d5-5bd0-4def-940b-0421030a5b68
      echo Directory.Read.All 7ab1d382-f21e-4acd-a863-ba3e13f7da61
      ;;
    *) die "there is no feature $1; known are: ${FEATURES[*]:1}" ;;
  esac
}

die() {
  echo "create-identity.sh: $1" >&2
  exit 1
}

say() { echo "$1" >&2; }

list() {
  local feature
  for feature in "${FEATURES[@]}"; do permissions_of "$feature" | sed "s/^/$feature /"; done
}

issuer='' namespace=kastellan account=kastellan display_name=Kastellan trust=yes with=(set-up)
while [ $# -gt 0 ]; do
  case $1 in
    --list) list && exit ;;
    --help) usage && exit ;;
    --no-trust) trust=no && shift ;;
    --with | --issuer | --namespace | --service-account | --display-name)
      [ $# -gt 1 ] || die "$1 needs a value"
      case $1 in
        --with) with+=("$2") ;;
        --issuer) issuer=$2 ;;
        --namespace) namespace=$2 ;;
        --service-account) account=$2 ;;
        --display-name) display_name=$2 ;;
      esac
      shift 2
      ;;
    *) usage >&2 && exit 2 ;;
  esac
done

# Into a variable first, so that an unknown feature ends the script.
wanted=$(for feature in "${with[@]}"; do permissions_of "$feature"; done | sort -u)
# These go into JSON as they are.
[[ $namespace$account =~ ^[a-z0-9-]+$ ]] || die 'namespace and service account are small letters, digits and hyphens'
[[ $display_name =~ ^[[:alnum:]\ ._-]{1,120}$ ]] || die 'the display name may hold letters, digits, spaces, . _ -'

find_issuer() {
  if [ -z "$issuer" ]; then
    issuer=$(kubectl get --raw /.well-known/openid-configuration | sed -nE 's/.*"issuer": ?"([^"]*)".*/\1/p')
  fi
  case $issuer in
    https://*.svc | https://*.svc.* | https://localhost* | https://127.*)
      die "Entra cannot reach the cluster's issuer $issuer. Give the cluster a public one (AKS: --enable-oidc-issuer), or use --no-trust."
      ;;
    https://*[\"\\]*) die "the issuer $issuer is no address" ;;
    https://*) ;;
    *) die "the issuer '$issuer' has to begin with https://" ;;
  esac
}
[ "$trust" = no ] || find_issuer

# Other clouds have Graph elsewhere.
graph=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph=${graph%/}/v1.0
json=Content-Type=application/json
GRAPH_APP=00000003-0000-0000-c000-000000000000

# Entra shows new objects a while later to those who read them.
eventually() {
  local attempt
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    "$@" 2>/dev/null && return
    sleep "$attempt"
  done
  "$@"
}

read_value() { az rest --method GET --uri "$graph/$1" --query "$2" --output tsv; }

access=$(while read -r _ id; do printf '{"id":"%s","type":"Role"}\n' "$id"; done <<<"$wanted" | paste -sd,)
say "Application $display_name"
az rest --method PATCH --uri "$graph/applications(uniqueName='kastellan')" \
  --headers "$json" Prefer=create-if-missing --output none --body "{
    \"displayName\": \"$display_name\", \"signInAudience\": \"AzureADMyOrg\",
    \"requiredResourceAccess\": [{\"resourceAppId\": \"$GRAPH_APP\", \"resourceAccess\": [$access]}]}"
application=$(eventually read_value "applications(uniqueName='kastellan')" id)
client_id=$(eventually read_value "applications(uniqueName='kastellan')" appId)

principal=$(read_value "servicePrincipals?\$filter=appId eq '$client_id'" 'value[0].id')
if [ -z "$principal" ]; then
  eventually az rest --method POST --uri "$graph/servicePrincipals" --headers "$json" --output none \
    --body "{\"appId\": \"$client_id\"}"
  principal=$(eventually read_value "servicePrincipals(appId='$client_id')" id)
fi

trust_account() {
  local subject credentials trusted method path
  subject=system:serviceaccount:$namespace:$account
  say "Trust in $subject of $issuer"
  credentials=applications/$application/federatedIdentityCredentials
  trusted=$(read_value "$credentials" "value[?name=='kastellan'].join(' ', [issuer, subject]) | [0]")
  if [ "$trusted" != "$issuer $subject" ]; then
    # Their name is their key, and cannot be changed.
    method=POST path=$credentials
    [ -z "$trusted" ] || method=PATCH path=$credentials/kastellan
    az rest --method "$method" --uri "$graph/$path" --headers "$json" --output none --body "{
      \"name\": \"kastellan\", \"description\": \"Kastellan in its cluster\", \"issuer\": \"$issuer\",
      \"subject\": \"$subject\", \"audiences\": [\"api://AzureADTokenExchange\"]}"
  fi
}
[ "$trust" = no ] || trust_account

graph_principal=$(read_value "servicePrincipals(appId='$GRAPH_APP')" id)
held=$(read_value "servicePrincipals/$principal/appRoleAssignments" \
  "value[?resourceId=='$graph_principal'].[appRoleId, id]")
while read -r name id; do
  grep -q "^$id" <<<"$held" && continue
  say "Permission $name"
  # An assigned application permission is one with admin consent.
  eventually az rest --method POST --uri "$graph/servicePrincipals/$graph_principal/appRoleAssignedTo" \
    --headers "$json" --output none \
    --body "{\"principalId\": \"$principal\", \"resourceId\": \"$graph_principal\", \"appRoleId\": \"$id\"}"
done <<<"$wanted"

while read -r role assignment; do
  if [ -z "$role" ] || grep -q " $role$" <<<"$wanted"; then continue; fi
  name=$(list | sed -n "s/^.* \(.*\) $role$/\1/p" | head -1)
  say "Held, and not asked for now: ${name:-$role}. To take it away:
  az rest --method DELETE --uri $graph/servicePrincipals/$graph_principal/appRoleAssignedTo/$assignment"
done <<<"$held"

cat <<VALUES
entra:
  tenantId: $(az account show --query tenantId --output tsv)
  clientId: $client_id
VALUES
if [ "$trust" = no ]; then
  echo '  proof: secret'
  say "It has no proof yet. A client secret for AZURE_CLIENT_SECRET:
  az ad app credential reset --id $client_id --append --query password --output tsv"
fi
