# syntax=docker/dockerfile:1
# Builds the bundle, then ships it alone: Node, what Node links to, dist/ and a configuration, as a user without rights and without a shell.
#   docker build -t headgate .
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/headgate:VERSION --push .
#   docker run --rm -p 8080:8080 -v "$PWD/config:/etc/headgate:ro" headgate

# The bundle is plain JavaScript: it is built once, on whatever builds, for all platforms. Nothing runs on a platform that is emulated.
FROM --platform=$BUILDPLATFORM node:26-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
# Without the source maps and types, which nothing here reads.
RUN npm run build && find dist -name '*.map' -delete && rm -r dist/types

FROM node:26-bookworm-slim AS node

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="headgate" \
      org.opencontainers.image.description="Layer-7 load balancer and API gateway" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# Node 26 links to it; the base has the other libraries. The loader looks into /usr/lib on every platform.
COPY --from=node /usr/lib/*-linux-gnu/libatomic.so.1* /usr/lib/
COPY package.json LICENSE ./
COPY --from=build /build/dist ./dist
COPY config/headgate.yaml /etc/headgate/headgate.yaml
# nonroot of the base, as a number: Kubernetes checks that it is not 0.
USER 65532:65532
EXPOSE 8080 8443
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/main.js"]
CMD ["run", "-c", "/etc/headgate/headgate.yaml"]
