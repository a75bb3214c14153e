# One image for every process of Forecastle, servers included: docs/many-machines.md.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
# pip reads these two: another index, or one that has torch without CUDA.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG EXTRAS=postgres,dask
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/forecastle
ENV PATH=/opt/forecastle/bin:$PATH
WORKDIR /source
# What is needed changes less often than the code, and is a layer of its own.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN mkdir evaluation features flows models \
    && pip install --no-compile --constraint constraints.txt ".[${EXTRAS}]" \
    && pip uninstall --yes forecastle
COPY evaluation evaluation
COPY features features
COPY flows flows
COPY models models
RUN pip install --no-compile --no-deps . && python -m compileall -qq -j 0 /opt/forecastle/lib

FROM ${PYTHON}
RUN useradd --uid 1000 --create-home forecastle \
    && install --directory --owner forecastle /home/forecastle/data /home/forecastle/artifacts
COPY --from=build /opt/forecastle /opt/forecastle
COPY --chmod=755 deploy/entrypoint /usr/local/bin/entrypoint
ENV PATH=/opt/forecastle/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=true \
    FORECASTLE_HOME=/home/forecastle/data
USER forecastle
WORKDIR /home/forecastle
ENTRYPOINT ["entrypoint"]
CMD ["forecastle", "--help"]
