#!/usr/bin/env python3
"""How much a `pip install --dry-run --report FILE` would download.

    pip_size.py FILE      prints for example "12 packages, 245 MB to download"
Exit code 3, and nothing printed, when the plan holds CUDA libraries: gigabytes that this
project never uses.
"""
import json
import os
import ssl
import sys
import urllib.parse
import urllib.request

CUDA = 3


def size_of(url):
    """Bytes behind a wheel's address, or None where it will not say."""
    if url.startswith("file:"):
        return os.path.getsize(urllib.request.url2pathname(urllib.parse.urlparse(url).path))
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=5, context=context) as reply:
            return int(reply.headers["Content-Length"])
    except (OSError, TypeError, ValueError):
        return None


def main():
    with open(sys.argv[1], encoding="utf-8") as report:
        plan = json.load(report)["install"]
    names = [item["metadata"]["name"].lower() for item in plan]
    if any(name.startswith(("nvidia-", "cuda-", "triton")) for name in names):
        sys.exit(CUDA)
    sizes = [size_of(item["download_info"]["url"]) for item in plan]
    text = f"{len(plan)} packages, {sum(filter(None, sizes)) / 1e6:.0f} MB to download"
    unknown = sizes.count(None)
    print(text + (f", {unknown} of unknown size" if unknown else ""))


if __name__ == "__main__":
    main()
