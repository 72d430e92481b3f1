// The identity that Kastellan runs as: an app registration without any secret, trusted by way of one service account of
// one cluster, with the permissions in Microsoft Graph that its features need. create-identity.sh makes the same objects,
// under the same names, so that either can go on where the other ended.
//
//   az deployment group create --resource-group <any> --template-file deploy/entra/main.bicep \
//     --parameters issuer=<OIDC issuer of the cluster> features="['secret-limits']"
//
// Whoever deploys it needs Application.ReadWrite.All and AppRoleAssignment.ReadWrite.All in Graph (a Privileged Role
// Administrator has both). The resource group stays empty: it only keeps the record of the deployment.
extension microsoftGraphV1

@description('OIDC issuer of the cluster in which Kastellan runs. AKS: az aks show --query oidcIssuerProfile.issuerUrl')
param issuer string

@description('Namespace of Kastellan in that cluster.')
param namespace string = 'kastellan'

@description('Service account of Kastellan in that namespace.')
param serviceAccount string = 'kastellan'

@description('Name of the app registration, as people see it.')
param displayName string = 'Kastellan'

@description('What Kastellan is used for besides set-up; each adds its permissions. See docs/permissions.md.')
param features ('secret-limits' | 'delete-groups' | 'application-groups' | 'other-applications' | 'member-history' | 'mfa-check' | 'sign-in-log' | 'consent-check')[] = []

var graphAppId = '00000003-0000-0000-c000-000000000000'

var permissionsOf = {
  'set-up': [
    { name: 'Application.ReadWrite.OwnedBy', id: '18a4783c-866b-4cc7-a460-3d5e5662c884' }
    { name: 'Group.Create', id: 'bf7b1a76-6e77-406b-b258-bf5c7720e98f' }
    { name: 'GroupMember.ReadWrite.All', id: 'dbaae8cf-10b5-4b86-a4a1-f871c94c6695' }
    { name: 'User.Read.All', id: 'df021288-bdef-4463-88db-98f22de89214' }
  ]
  'secret-limits': [
    { name: 'Policy.Read.All', id: '246dd0d5-5bd0-4def-940b-0421030a5b68' }
  ]
  'delete-groups': [
    { name: 'Group.ReadWrite.All', id: '62a82d76-70ea-41e2-9197-370581804d09' }
  ]
  'application-groups': [
    { name: 'AppRoleAssignment.ReadWrite.All', id: '06b708a9-e830-4db3-a914-8e69da51d44f' }
    { name: 'Application.Read.All', id: '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30' }
  ]
  'other-applications': [
    { name: 'Application.Read.All', id: '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30' }
  ]
  'member-history': [
    { name: 'AuditLog.Read.All', id: 'b0afded3-3588-46d8-8b3d-9842eff778da' }
  ]
  'mfa-check': [
    { name: 'Policy.Read.All', id: '246dd0d5-5bd0-4def-940b-0421030a5b68' }
  ]
  'sign-in-log': [
    { name: 'AuditLog.Read.All', id: 'b0afded3-3588-46d8-8b3d-9842eff778da' }
  ]
  'consent-check': [
    { name: 'Policy.Read.All', id: '246dd0d5-5bd0-4def-940b-0421030a5b68' }
    { name: 'Directory.Read.All', id: '7ab1d382-f21e-4acd-a863-ba3e13f7da61' }
  ]
}

var asked = flatten(map(concat(['set-up'], features), feature => permissionsOf[feature]))
// Features share permissions; a union holds each once.
var roleIds = union(map(asked, permission => permission.id), [])

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: graphAppId
}

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'kastellan'
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
  requiredResourceAccess: [
    {
      resourceAppId: graphAppId
      resourceAccess: map(roleIds, id => { id: id, type: 'Role' })
    }
  ]

  resource credential 'federatedIdentityCredentials@v1.0' = {
    name: '${application.uniqueName}/kastellan'
    description: 'Kastellan in its cluster'
    issuer: issuer
    subject: 'system:serviceaccount:${namespace}:${serviceAccount}'
    audiences: ['api://AzureADTokenExchange']
  }
}

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

// An assigned application permission is one with admin consent.
resource consent 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for id in roleIds: {
    appRoleId: id
    principalId: principal.id
    resourceId: graph.id
  }
]

output tenantId string = tenant().tenantId
output clientId string = application.appId
