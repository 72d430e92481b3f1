# Kastellan as an image. There is no build step: what is in src/ is what runs.
#
#   docker build --build-arg COMMIT="$(git rev-parse HEAD)" --tag registry.example.com/kastellan:0.1.0 .
#
# Redis is not in it: the chart brings one, or KASTELLAN_REDIS_URL names one. Where the base images are mirrored, name them
# with the two arguments below.
ARG NODE_IMAGE=node:24-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

FROM ${NODE_IMAGE} AS product
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Exactly the packages of the lock file, by their digests; none of them runs a script.
# npm sbom would miss the development packages that the package file names.
# The bill of materials is for those who look for vulnerabilities: Debian's is in /var/lib/dpkg, Helm's in its binary.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
  && npm pkg delete devDependencies \
  && npm sbom --sbom-format=cyclonedx >sbom.cdx.json
COPY LICENSE kastellan.example.yaml kastellan.schema.json ./
COPY src ./src

FROM ${NODE_IMAGE} AS helm
# The version that the tests run, with the digests of its release notes.
ARG HELM_VERSION=4.1.4
ARG HELM_SHA256_AMD64=70b2c30a19da4db264dfd68c8a3664e05093a361cefd89572ffb36f8abfa3d09
ARG HELM_SHA256_ARM64=13d03672be289045d2ff00e4e345d61de1c6f21c1257a45955a30e8ae036d8f1
ARG HELM_URL=https://get.helm.sh
WORKDIR /helm
# hadolint ignore=DL3008
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends ca-certificates curl \
  && rm -rf /var/lib/apt/lists/*
# The digest is what has to be right, not the pipe: sh has no pipefail.
# hadolint ignore=DL4006
RUN set -eu; \
  architecture=$(dpkg --print-architecture); \
  case $architecture in \
    amd64) digest=$HELM_SHA256_AMD64 ;; \
    arm64) digest=$HELM_SHA256_ARM64 ;; \
    *) echo "no Helm is pinned for $architecture" >&2; exit 1 ;; \
  esac; \
  archive=helm-v${HELM_VERSION}-linux-${architecture}.tar.gz; \
  curl -fsSLo "$archive" "$HELM_URL/$archive"; \
  echo "$digest  $archive" | sha256sum --check --strict; \
  tar -xzf "$archive" --strip-components=1 "linux-${architecture}/helm"

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="Kastellan" \
  org.opencontainers.image.description="A Slack bot that puts Microsoft Entra ID sign-in with MFA in front of Veeam Kasten K10" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${COMMIT}"
COPY --from=product /usr/local/bin/node /usr/local/bin/node
COPY --from=helm /helm/helm /usr/local/bin/helm
COPY --from=product /app /app
WORKDIR /app
ENV PATH=/usr/local/bin:/usr/bin:/bin \
  NODE_ENV=production \
  KASTELLAN_COMMIT=${COMMIT} \
  KASTELLAN_CONFIG=/etc/kastellan/kastellan.yaml \
  KASTELLAN_DATA_DIR=/var/lib/kastellan \
  KASTELLAN_HOST=0.0.0.0
# By number: Kubernetes cannot tell from a name that it is not root. Only KASTELLAN_DATA_DIR and /tmp are written to.
USER 65532:65532
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
# Node itself is process 1: it hears SIGTERM, and the only children it has, Helm's, it waits for.
# Room for young objects that starting takes, 64 MiB unless told otherwise, is not given back for long. One helper thread
# of V8, not four: a garbage collection must not take every processor from the acknowledgements.
ENTRYPOINT ["node", "--max-semi-space-size=16", "--v8-pool-size=1", "src/main.ts"]
