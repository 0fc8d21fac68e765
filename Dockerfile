# One image for the worker (mine) and the server (serve): docker build -t edgeminer:0.1.0 .
# Follows Node 20's security fixes; pin a digest here where builds must be reproducible.
ARG NODE_IMAGE=node:20-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# .npmrc keeps onnxruntime-node from downloading CUDA parts.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund
# onnxruntime-node carries the libraries of every platform; the image needs its own.
RUN rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    EDGEMINER_DATA_DIR=/var/lib/edgeminer \
    EDGEMINER_HTTP_HOST=0.0.0.0
WORKDIR /app
RUN mkdir -p /var/lib/edgeminer && chown node:node /var/lib/edgeminer
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY schemas ./schemas
COPY models ./models
# The image's own account, by number so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /var/lib/edgeminer
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.EDGEMINER_HTTP_PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: edgeminer is process 1 and gets SIGTERM itself. With more room for young objects the
# collector runs a quarter as often (docs/performance.md).
ENTRYPOINT ["node", "--max-semi-space-size=64", "/app/dist/main.js"]
CMD ["serve"]
