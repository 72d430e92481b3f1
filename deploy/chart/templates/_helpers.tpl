{{- define "kastellan.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "kastellan.account" -}}
{{- default (include "kastellan.name" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "kastellan.selector" -}}
app.kubernetes.io/name: kastellan
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kastellan.labels" -}}
{{ include "kastellan.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "kastellan.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* kastellan.yaml: the tenant may stand in one place only, and the upgrade account is filled in where it is wanted. */}}
{{- define "kastellan.config" -}}
{{- $entra := merge (dict) (default (dict) .Values.config.entra) -}}
{{- if not $entra.tenantId -}}
{{- $_ := set $entra "tenantId" .Values.entra.tenantId -}}
{{- end -}}
{{- $config := merge (dict "entra" $entra) (omit .Values.config "entra") -}}
{{- if .Values.rbac.upgradeAccount -}}
{{- $clusters := list -}}
{{- range .Values.config.clusters -}}
{{- if or .kubeconfig .context -}}
{{- $clusters = append $clusters . -}}
{{- else -}}
{{- $clusters = append $clusters (merge (dict "helm" (dict "kubeconfig" "/etc/kastellan/upgrade.kubeconfig")) .) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "clusters" $clusters -}}
{{- end -}}
{{- if .Values.audit.anchor -}}
{{- $place := dict "namespace" .Release.Namespace "name" (printf "%s-audit" (include "kastellan.name" .)) -}}
{{- $audit := merge (dict) (default (dict) .Values.config.audit) (dict "anchors" (dict "configMap" $place)) -}}
{{- $_ := set $config "audit" $audit -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The installations of K10 in this cluster: [{ namespace, release }], as { list: ... }. */}}
{{- define "kastellan.here" -}}
{{- $here := list -}}
{{- if .Values.accessOnly.enabled -}}
{{- $here = .Values.accessOnly.clusters -}}
{{- else -}}
{{- range .Values.config.clusters -}}
{{- if not (or .kubeconfig .context) -}}
{{- $here = append $here (dict "namespace" (default "kasten-io" .namespace) "release" (default "k10" .release)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "list" $here | toJson -}}
{{- end -}}

{{/* K10's roles that access levels are bound to, as { cluster: [...], namespace: [...] }. */}}
{{- define "kastellan.k10Roles" -}}
{{- $roles := list "admin" "ns-admin" -}}
{{- if .Values.accessOnly.enabled -}}
{{- $roles = .Values.accessOnly.roles -}}
{{- else if .Values.config.accessLevels -}}
{{- $roles = list -}}
{{- range .Values.config.accessLevels -}}
{{- $roles = concat $roles .roles -}}
{{- end -}}
{{- end -}}
{{- $roles = uniq $roles -}}
{{- $cluster := without $roles "ns-admin" -}}
{{- $namespace := has "ns-admin" $roles | ternary (list "ns-admin") list -}}
{{- /* Bound in the namespace kasten-io-mc and nowhere else. */ -}}
{{- $multi := has "mc-admin" $roles | ternary (list "mc-admin") list -}}
{{- dict "cluster" $cluster "namespace" $namespace "multiCluster" $multi | toJson -}}
{{- end -}}

{{/* Names of Kastellan's own bindings of a kind of role, of each release: (dict "root" $ "releases" list "kind" "cluster"). */}}
{{- define "kastellan.ownBindings" -}}
{{- $root := .root -}}
{{- $kind := .kind -}}
{{- $levels := list (dict "name" "admin" "roles" (list "admin" "ns-admin")) (dict "name" "ns-admin" "roles" (list "ns-admin")) -}}
{{- if $root.Values.accessOnly.enabled -}}
{{- $levels = list -}}
{{- range $root.Values.accessOnly.levels -}}
{{- $levels = append $levels (dict "name" . "roles" $root.Values.accessOnly.roles) -}}
{{- end -}}
{{- else if $root.Values.config.accessLevels -}}
{{- $levels = $root.Values.config.accessLevels -}}
{{- end -}}
{{- $names := list -}}
{{- range $release := .releases -}}
{{- range $level := $levels -}}
{{- range $role := $level.roles -}}
{{- $isOne := eq $kind (eq $role "ns-admin" | ternary "namespace" "cluster") -}}
{{- if or $isOne (and (eq $kind "multiCluster") (eq $role "mc-admin")) -}}
{{- $names = append $names (printf "kastellan-%s-%s-%s" $level.name $release $role) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- uniq $names | toJson -}}
{{- end -}}

{{/* Names of Kastellan's own Secrets in K10's namespace, of each release. */}}
{{- define "kastellan.ownSecrets" -}}
{{- $names := list -}}
{{- range . -}}
{{- $name := printf "kastellan-%s-oidc" . -}}
{{- $names = concat $names (list $name (printf "%s-next" $name) (printf "%s-previous" $name)) -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{- define "kastellan.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "kastellan.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "kastellan.redisSecret" -}}
{{- default (printf "%s-redis" (include "kastellan.name" .)) .Values.redis.own.existingSecret -}}
{{- end -}}

{{- define "kastellan.auditSecret" -}}
{{- default (printf "%s-audit" (include "kastellan.name" .)) .Values.audit.existingSecret -}}
{{- end -}}

{{/* Variables that come from the Secret; the address of Redis only where it is not the chart's own. */}}
{{- define "kastellan.secretKeys" -}}
{{- $keys := list "SLACK_BOT_TOKEN" "SLACK_APP_TOKEN" "SLACK_SIGNING_SECRET" -}}
{{- if eq .Values.entra.proof "secret" -}}
{{- $keys = append $keys "AZURE_CLIENT_SECRET" -}}
{{- end -}}
{{- if not .Values.redis.own.enabled -}}
{{- $keys = append $keys "KASTELLAN_REDIS_URL" -}}
{{- end -}}
{{- if or ((.Values.config.audit).anchors).webhook (.Values.config.audit).sinks -}}
{{- $keys = append $keys "KASTELLAN_AUDIT_WEBHOOK_SECRET" -}}
{{- end -}}
{{- if .Values.tracing.endpoint -}}
{{- $keys = append $keys "OTEL_EXPORTER_OTLP_HEADERS" -}}
{{- end -}}
{{- toJson $keys -}}
{{- end -}}

{{- define "kastellan.redisSelector" -}}
app.kubernetes.io/name: kastellan-redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kastellan.redisConf" -}}
dir /data
appendonly yes
# What people decided is on disk before Kastellan says that it is stored.
appendfsync always
save ""
maxmemory {{ include "kastellan.redisMaxMemory" . }}
maxmemory-policy noeviction
{{- end -}}

{{/* 70 % of the memory limit: Redis needs room beside it to write its file anew. 0, without a limit or with one in other units, is no limit. */}}
{{- define "kastellan.redisMaxMemory" -}}
{{- with .Values.redis.own -}}
{{- $limit := toString (dig "limits" "memory" "" .resources) -}}
{{- $units := dict "Mi" 1 "Gi" 1024 -}}
{{- $unit := get $units (trimAll "0123456789" $limit) -}}
{{- if .maxMemory -}}{{ .maxMemory }}
{{- else if $unit -}}{{ div (mul (regexFind "^[0-9]+" $limit) $unit 7) 10 }}mb
{{- else -}}0
{{- end -}}
{{- end -}}
{{- end -}}

{{/* { namespace: [release, ...] } of a list of { namespace, release }. */}}
{{- define "kastellan.byNamespace" -}}
{{- $found := dict -}}
{{- range . -}}
{{- $_ := set $found .namespace (append (default list (get $found .namespace)) .release) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
