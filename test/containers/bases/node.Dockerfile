# Stands in for node:24-bookworm-slim: Debian, Node and the npm of the machine that runs the tests.
FROM debian:bookworm-slim
COPY node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
# A machine may end TLS with an authority of its own.
COPY ca-certificates.crt /etc/ssl/certs/
RUN mkdir --parents /usr/local/etc && echo cafile=/etc/ssl/certs/ca-certificates.crt > /usr/local/etc/npmrc \
  && ln --symbolic ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
  && ln --symbolic ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
