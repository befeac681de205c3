# Turgo as a container: the release binary and the libraries it needs, as a user of its own.
#
#   docker build -t turgo .
#   docker run -v turgo-state:/var/lib/turgo -v "$PWD/jobs:/jobs:ro" turgo run /jobs/job.sql --config /jobs/client.properties
FROM debian:12-slim AS build
WORKDIR /src
# The set-up alone first: this layer is built again only when the set-up script changes.
COPY tools/setup tools/setup
RUN tools/setup build
COPY . .
RUN cmake --preset release && cmake --build --preset release --target turgo && strip build/release/turgo

FROM debian:12-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ca-certificates libcurl4 libjansson4 libjemalloc2 liblz4-1 libpcre2-8-0 libprotobuf32 \
        librocksdb7.8 libssl3 libzstd1 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /var/lib/turgo \
    && chown 10001:10001 /var/lib/turgo
COPY --from=build /src/build/release/turgo /usr/local/bin/turgo
COPY LICENSE /usr/share/doc/turgo/LICENSE
COPY --from=build /src/build/deps/include/librdkafka/LICENSES.txt /usr/share/doc/turgo/librdkafka-LICENSES.txt

# A number, so that runAsNonRoot can be checked without looking into the image.
USER 10001:10001
WORKDIR /var/lib/turgo
VOLUME /var/lib/turgo
# SIGTERM commits and leaves within 10 s.
STOPSIGNAL SIGTERM
# Process 1 is the program: healthy is that it runs, and is not stopped or a zombie.
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s --retries=3 \
    CMD ["/bin/grep", "-qE", "^State:\t[RSD]", "/proc/1/status"]
ENTRYPOINT ["/usr/local/bin/turgo"]
CMD ["--help"]
