"""A service with Django, for WSGI and for ASGI, which Django does without the lifespan protocol."""

import os
import time

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

import rollcall

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of-a-test")
django.setup()


def who(request: HttpRequest) -> HttpResponse:
    return HttpResponse("I", headers={"X-Server": os.environ["SERVER_NAME"]})


def slow(request: HttpRequest) -> HttpResponse:
    print("asked", flush=True)
    time.sleep(1)
    return HttpResponse("late")


urlpatterns = [path("who", who), path("slow", slow)]

options: rollcall.RegisterOptions = {
    "prefix": "/v1",
    "port": os.environ["PORT"],
    "on_registered": lambda announcement: print("registered", announcement, flush=True),
}
if os.environ["INTERFACE"] == "wsgi":
    app = rollcall.wsgi(get_wsgi_application(), **options)
else:
    app = rollcall.asgi(get_asgi_application(), **options)
