# Stands in for golang:1.26-bookworm: Debian and the Go of the machine that runs the tests.
FROM debian:bookworm-slim
COPY . /usr/local/go
COPY ca-certificates.crt /etc/ssl/certs/
ENV GOTOOLCHAIN=local PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
