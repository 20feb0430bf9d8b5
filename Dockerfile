FROM python:3.11-slim AS build
WORKDIR /srv
RUN apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
# Give PyTorch's index of CPU builds here to keep several GB of CUDA libraries out of the image.
ARG PIP_EXTRA_INDEX_URL=""
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt

FROM python:3.11-slim
WORKDIR /srv
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --uid 10001 followup \
 && mkdir -p /srv/var /srv/chroma_db && chown followup /srv/var /srv/chroma_db
COPY --from=build /venv /venv
COPY app app
COPY config config
COPY migrations migrations
COPY alembic.ini .
COPY scripts scripts
COPY knowledge_base knowledge_base
USER followup
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false \
    API_HOST=0.0.0.0 REQUIRE_API_KEY=true
EXPOSE 8000 9090
VOLUME ["/srv/var", "/srv/chroma_db"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["sh", "-c", "python -m app.storage.migrate && exec python -m app"]
