{{- define "k10.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (printf "%s-k10" .Release.Name) -}}
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
