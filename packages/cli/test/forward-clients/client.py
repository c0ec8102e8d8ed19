"""URL and library: prints what the server answers. Proxy and CA come from the environment."""

import sys

url, library = sys.argv[1:]
if library == "requests":
    import requests

    print(requests.get(url, timeout=30).text)
else:
    from urllib.request import urlopen

    print(urlopen(url, timeout=30).read().decode())
