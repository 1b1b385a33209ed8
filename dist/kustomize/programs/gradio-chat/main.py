"""A chat page for one vLLM server. --help prints its contract.

Answers are streamed from /v1/chat/completions. Whatever goes wrong there ends up as a sentence under what has been written so far:
a question is never lost, and Retry asks it again. The page keeps nothing: a conversation lives in the browser that shows it.
"""

import logging
import os
import signal
import socket
import sys

# Before the import, which reads it: nothing is reported to anybody.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")

import fastapi
import gradio as gr
import uvicorn
from exits import CONFIGURATION
from page import CSS, THEME, Page
from request_filter import RequestFilter
from settings import Settings
from starlette.types import ASGIApp

STOP_SECONDS = 2


def application(settings: Settings) -> ASGIApp:
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    @app.get("/livez")
    async def healthz() -> dict[str, str]:
        # Of this page alone: one that says why the model is silent is better than none.
        return {"status": "ok"}

    page = Page(settings)
    gr.mount_gradio_app(
        app, page.blocks, path="/", root_path=settings.path_prefix or None, footer_links=[], allowed_paths=[],
        show_error=False, max_file_size=0, ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False,
        theme=THEME, css=CSS,
    )  # fmt: skip
    return RequestFilter(app, settings.path_prefix, page.events())


def start_log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def listen(settings: Settings) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        print(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        sys.exit(CONFIGURATION)
    return listening


def main() -> None:
    start_log()
    settings = Settings.parse()
    listening = listen(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            application(settings), log_config=None, access_log=False, timeout_graceful_shutdown=STOP_SECONDS, server_header=False
        )
    )
    logging.info("chat page for %s at %s on port %s%s", settings.model, settings.server_url, settings.port, settings.path_prefix)
    server.run(sockets=[listening])


if __name__ == "__main__":
    # Until uvicorn has its own way to end: process 1 has no default for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main()
