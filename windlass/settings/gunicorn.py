"""The settings of Gunicorn."""

from typing import Annotated

from pydantic import Field

from windlass.settings.model import Model
from windlass.settings.words import Version, WorkerClass


class Gunicorn(Model):
    """How Gunicorn runs an app."""

    workers: Annotated[int, Field(ge=1, le=512)] | None = Field(
        None, description="Worker processes; by default from the host's CPUs and memory."
    )
    threads: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="Threads of each worker; by default from the host's CPUs and memory."
    )
    worker_class: WorkerClass = Field("gthread", description="The kind of worker.")
    timeout: int = Field(
        30,
        ge=1,
        le=86400,
        description="Seconds after which a silent worker is replaced. One whose threads all hang (none has sent a"
        " byte or begun another request) is replaced after twice that, or after the app's `nginx:"
        " {proxy_timeout}` where that is set and longer, when nobody waits for its answers any more."
        " Streams, downloads and single requests may take longer; a request for which nginx does not"
        " wait long enough needs `proxy_timeout`.",
    )
    graceful_timeout: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        None,
        description="Seconds that requests in flight get when a worker stops; at least and by default drain_timeout.",
    )
    max_requests: int = Field(10_000, ge=0, description="Requests after which a worker is replaced; 0 means never.")
    max_requests_jitter: int = Field(
        1000, ge=0, description="Random addition to max_requests, so that workers are not replaced all at once."
    )
    access_log: bool = Field(True, description="A line per request in the journal; off for apps that log their own.")
    version: Version | None = Field(
        None, description="The version to install where the app's requirements name none; by default a tested one."
    )
