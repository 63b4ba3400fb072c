# The image of annexa, on Python 3.12.14 of the official slim images, named by digest. A newer base:
#   docker build --build-arg BASE=docker.io/library/python:3.12-slim@sha256:… .
ARG BASE=docker.io/library/python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea

FROM ${BASE} AS build
# Which providers and databases the image can speak to, as extras of pyproject.toml.
ARG EXTRAS=aws,postgres
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY config/locks ./config/locks
COPY config/image ./config/image
# Everything is installed by hash; the tools that build the wheel stay in an environment of their own.
RUN python -m venv --without-pip /opt/annexa \
 && python -m venv --without-pip /opt/tools \
 && python config/image/subset.py config/locks/runtime.txt --project pyproject.toml --extras "${EXTRAS}" > /tmp/runtime.txt \
 && python config/image/subset.py config/locks/dev.txt hatchling > /tmp/tools.txt \
 && python -m pip --python /opt/annexa/bin/python install --no-deps --only-binary :all: --require-hashes -r /tmp/runtime.txt \
 && python -m pip --python /opt/tools/bin/python install --no-deps --only-binary :all: --require-hashes -r /tmp/tools.txt
COPY agent ./agent
COPY collectors ./collectors
COPY mappings ./mappings
RUN /opt/tools/bin/python -m hatchling build -t wheel -d /tmp/wheel \
 && python -m pip --python /opt/annexa/bin/python install --no-deps --no-index /tmp/wheel/*.whl \
 && /opt/annexa/bin/python -m compileall -q /opt/annexa/lib

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="annexa" \
      org.opencontainers.image.description="Collects ISO/IEC 27001 evidence, and says what will be stale or missing on audit day" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# No installer in what runs: neither pip nor what would bring it back.
RUN rm -rf /usr/local/lib/python3*/*-packages/pip* /usr/local/lib/python3*/*-packages/setuptools* \
           /usr/local/lib/python3*/*-packages/wheel* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
 && mkdir -p /data /etc/annexa \
 && chown 10001:10001 /data \
 && chmod 0750 /data
COPY --from=build /opt/annexa /opt/annexa
ENV PATH=/opt/annexa/bin:/usr/local/bin:/usr/bin:/bin \
    ANNEXA_CONFIG=/etc/annexa/annexa.yaml \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["annexa"]
CMD ["serve"]
