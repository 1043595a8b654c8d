"""A service with FastAPI."""

import asyncio
import os

from fastapi import FastAPI, Response

import rollcall

app = FastAPI()


@app.get("/who")
async def who(response: Response) -> str:
    response.headers["X-Server"] = os.environ["SERVER_NAME"]
    return "I"


@app.get("/health")
async def health() -> str:
    return "ok"


@app.get("/slow")
async def slow() -> str:
    print("asked", flush=True)
    await asyncio.sleep(1)
    return "late"


app = rollcall.asgi(
    app,
    prefix="/v1",
    port=os.environ["PORT"],
    on_registered=lambda announcement: print("registered", announcement, flush=True),
)
