{{/* The services that run as a Deployment. */}}
{{- define "k10.services" -}}
{{- $services := list "aggregatedapis" "auth" "catalog" "controllermanager" "crypto" "dashboardbff" "frontend" "gateway" "jobs" -}}
{{- if include "k10.isNew" . -}}{{- $services = append $services "vbrintegrationapi" -}}{{- end -}}
{{- dict "list" $services | toJson -}}
{{- end -}}

{{/* The services that read the Secret with the sign-in configuration; once it was all of them. */}}
{{- define "k10.readers" -}}
{{- $readers := list "auth" "controllermanager" "dashboardbff" -}}
{{- if include "k10.isNew" . -}}{{- $readers = append $readers "vbrintegrationapi" -}}{{- end -}}
{{- if not (include "k10.knowsClientSecretName" .) -}}{{- $readers = (include "k10.services" . | fromJson).list -}}{{- end -}}
{{- dict "list" $readers | toJson -}}
{{- end -}}

{{- define "k10.deployment" -}}
{{- ternary . (printf "%s-svc" .) (eq . "gateway") -}}
{{- end -}}

{{/* Since 8.0: a service account for each Deployment, and objects in the namespace default. */}}
{{- define "k10.isNew" -}}
{{- if semverCompare ">=8.0.0-0" .Chart.Version -}}true{{- end -}}
{{- end -}}

{{/* Whether each Deployment has a service account of its own; whoever names one gets that one. */}}
{{- define "k10.ownAccounts" -}}
{{- if and (include "k10.isNew" .) .Values.serviceAccount.create (not .Values.serviceAccount.name) -}}true{{- end -}}
{{- end -}}

{{- define "k10.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (printf "%s-k10" .Release.Name) -}}
{{- end -}}

{{/* The API groups that K10 serves itself. */}}
{{- define "k10.servedGroups" -}}
{{- $groups := list "actions" "apps" "vault" -}}
{{- if semverCompare ">=5.5.0-0" .Chart.Version -}}{{- $groups = append $groups "repositories" -}}{{- end -}}
{{- if include "k10.isNew" . -}}{{- $groups = concat $groups (list "datamover" "dr") -}}{{- end -}}
{{- dict "list" $groups | toJson -}}
{{- end -}}

{{/* The start of the names of bindings: they are cluster-wide, so the namespace goes in. */}}
{{- define "k10.bindingPrefix" -}}
{{- printf "%s-%s" .Release.Namespace (include "k10.serviceAccount" .) -}}
{{- end -}}

{{- define "k10.labels" -}}
app: k10
release: {{ .Release.Name }}
heritage: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: k10
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "k10.rbacLabels" -}}
{{ include "k10.labels" . }}
k10.kasten.io/default-rbac-object: "true"
{{- end -}}

{{/* Older charts take client ID and secret as values only. */}}
{{- define "k10.knowsClientSecretName" -}}
{{- if semverCompare ">=6.0.0-0" .Chart.Version -}}true{{- end -}}
{{- end -}}

{{/* The name of the Secret with the client's credentials, or nothing. */}}
{{- define "k10.clientSecretName" -}}
{{- if include "k10.knowsClientSecretName" . -}}{{- .Values.auth.oidcAuth.clientSecretName -}}{{- end -}}
{{- end -}}

{{/* The Secret that the sign-in service reads its configuration from, or nothing. */}}
{{- define "k10.signInSecret" -}}
{{- $auth := .Values.auth -}}
{{- if $auth.oidcAuth.enabled -}}
{{- $auth.oidcAuth.secretName | default "k10-oidc-auth" -}}
{{- else if or $auth.openshift.enabled $auth.ldap.enabled -}}
k10-oidc-auth
{{- end -}}
{{- end -}}

{{/* Every Deployment asks for this, so that nothing is rendered with two ways to sign in. */}}
{{- define "singleAuth.check" -}}
{{- $count := 0 -}}
{{- range $mode := list "basicAuth" "tokenAuth" "oidcAuth" "openshift" "ldap" -}}
{{- if (get $.Values.auth $mode).enabled -}}{{- $count = add1 $count -}}{{- end -}}
{{- end -}}
{{- if gt (int $count) 1 -}}
{{- fail "Multiple auth types were selected. Only one type can be enabled." -}}
{{- end -}}
{{- end -}}

{{- define "k10.requireAuth" -}}
{{- $auth := .Values.auth -}}
{{- if not (or $auth.basicAuth.enabled $auth.tokenAuth.enabled $auth.oidcAuth.enabled $auth.openshift.enabled $auth.ldap.enabled) -}}
{{- fail "Auth is required to expose access to K10." -}}
{{- end -}}
{{- end -}}

{{- define "k10.adminSubjects" -}}
{{- $auth := .Values.auth -}}
- kind: Group
  name: k10:admins
  apiGroup: rbac.authorization.k8s.io
{{- range $auth.k10AdminUsers }}
- kind: User
  name: {{ . | quote }}
  apiGroup: rbac.authorization.k8s.io
{{- end }}
{{- range default $auth.groupAllowList $auth.k10AdminGroups }}
- kind: Group
  name: {{ . | quote }}
  apiGroup: rbac.authorization.k8s.io
{{- end }}
{{- end -}}
