# The collector as an image: compiled JavaScript and production dependencies on a base without shell and package manager.
# Both bases are pinned by digest; docs/image.md says where the digests come from and how to renew them.
ARG BUILD_IMAGE=docker.io/library/node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs22-debian12:nonroot@sha256:13593b7570658e8477de39e2f4a1dd25db2f836d68a0ba771251572d23bb4f8e

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY schema ./schema
COPY service ./service
RUN npm run build && mkdir -p /empty/data

FROM ${BUILD_IMAGE} AS production
WORKDIR /production
COPY package.json package-lock.json .npmrc ./
# The C library of the runtime is glibc: the twins for musl, which their packages do not tell npm about, stay out.
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@libsql/*-musl*

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="message-trace-collector" \
      org.opencontainers.image.description="Self-hosted collector of Microsoft 365 message trace rows: now and complete." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    COLLECTOR_HOST=0.0.0.0 \
    COLLECTOR_DATA_DIR=/data
WORKDIR /app
COPY --from=production /production/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json ./
# The one folder that is written to, and only without PostgreSQL.
COPY --from=build --chown=65532:65532 /empty/data /data
VOLUME /data
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["dist/service/main.js"]
