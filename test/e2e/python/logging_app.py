"""A service with FastAPI that logs when it is registered."""

import logging

from fastapi_app import app

logging.basicConfig(level=logging.INFO, format="%(message)s")

__all__ = ["app"]
