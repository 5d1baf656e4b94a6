# Builds the bundle, then ships it alone: Node, dist/ and a configuration, as a user without rights.
#   docker build -t headgate .
#   docker run --rm -p 8080:8080 -v "$PWD/config:/etc/headgate:ro" headgate

FROM node:26-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM node:26-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /build/dist ./dist
COPY config/headgate.yaml /etc/headgate/headgate.yaml
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["run", "-c", "/etc/headgate/headgate.yaml"]
