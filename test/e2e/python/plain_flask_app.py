"""A service with Flask that does not know Rollcall."""

import os

from flask import Flask, Response

app = Flask(__name__)


@app.get("/who")
def who() -> Response:
    return Response("I", headers={"X-Server": os.environ["SERVER_NAME"]})
