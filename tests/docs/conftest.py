"""The built site, served to a real browser that may ask nobody else."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

SITE = Path(__file__).parents[2] / "site"
MISSING = "no site: mkdocs build --strict && mkdocs build --strict -f mkdocs.ko.yml"
WIDE = {"width": 1280, "height": 900}
READY = "() => Promise.all([...document.querySelectorAll('tracetf-explorer')].map((one) => one.ready))"
AT_ONCE = "*, ::before, ::after { transition: none !important }"  # colours of the theme fade
Visit = Callable[..., Any]


class Server(SimpleHTTPRequestHandler):
    """Serve files without a word; the site's map names the address where they are served."""

    def do_GET(self) -> None:
        """Answer a request: instant navigation follows only what the map has."""
        if not self.path.endswith("sitemap.xml"):
            super().do_GET()
            return
        told = Path(self.translate_path(self.path)).read_text("utf-8")
        own = f"127.0.0.1:{self.server.server_port}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(told.replace("127.0.0.1:8000", own).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Return the address of the built site, which has to be built first."""
    if not (SITE / "ko" / "index.html").exists():
        pytest.fail(MISSING) if os.environ.get("CI") == "true" else pytest.skip(MISSING)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=SITE))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(chromium: Any, site: str) -> Visit:
    """Return a function that visits a page; nothing may go wrong there or be asked of others."""

    @contextmanager
    def visit(path: str, size: Any = WIDE, **more: Any) -> Iterator[Any]:
        context = chromium.new_context(viewport=size, **more)
        page, wrong = context.new_page(), []
        page.on("request", lambda asked: wrong.append(asked.url) if not _here(asked.url, site) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        page.goto(site + path)
        page.add_style_tag(content=AT_ONCE)
        page.evaluate(READY)
        yield page
        context.close()
        assert wrong == []

    return visit


def _here(address: str, site: str) -> bool:
    return address.startswith((site, "data:", "blob:"))
