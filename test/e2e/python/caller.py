"""Calls /v1 without a gateway, again and again, and counts by which instance it was answered."""

import json
import sys
import time
import urllib.error
import urllib.request

import rollcall

service = rollcall.discover("/v1")
print("discovered", flush=True)
while True:
    picked = service.pick()
    try:
        if picked is None:
            print("none", flush=True)
        else:
            with urllib.request.urlopen(f"{picked.url}{sys.argv[1]}", timeout=5) as response:
                print("answered", response.headers["X-Server"], flush=True)
    except (urllib.error.URLError, ConnectionError) as error:
        print("failed", json.dumps(str(error)), flush=True)
        if picked is not None:
            service.report_outcome(picked, "refused")
    time.sleep(0.005)
