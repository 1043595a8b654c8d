"""A service with Flask."""

import os
import time

from flask import Flask, Response

import rollcall

app = Flask(__name__)


@app.get("/who")
def who() -> Response:
    return Response("I", headers={"X-Server": os.environ["SERVER_NAME"]})


@app.get("/slow")
def slow() -> str:
    print("asked", flush=True)
    time.sleep(1)
    return "late"


app = rollcall.wsgi(
    app,
    prefix="/v1",
    port=os.environ["PORT"],
    on_registered=lambda announcement: print("registered", announcement, flush=True),
)
