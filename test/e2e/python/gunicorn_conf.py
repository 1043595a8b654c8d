"""Registers a server of gunicorn once, for all its workers."""

import os

import rollcall


def when_ready(server: object) -> None:
    rollcall.register(prefix="/v1", port=os.environ["PORT"])
