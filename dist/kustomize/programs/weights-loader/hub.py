"""Reads a model at a pinned commit from the Hugging Face hub: its files with their digests, and their bytes.

By the hub's HTTP API alone (https://huggingface.co/docs/hub/api): the client library is on another HTTP library in nearly every
release of vLLM, and verifies a size where this has to verify a digest.
"""

import http.client
import json
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any, NoReturn

from certificates import not_trusted
from digests import Digests
from exits import DATA, NO_INPUT, NO_PERMISSION, UNAVAILABLE
from refused import RefusedError, one_line
from retry import pause, retry_after
from stop import Stop
from wanted import WantedFile

PIECE_BYTES = 2**20
ANSWER_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 30.0
# What a server may ask for by Retry-After; the hub's windows are five minutes long.
LONGEST_RETRY_AFTER_SECONDS = 330.0
TRIES = 8
REDIRECTS = 5
# Times that the bytes of a file may be wrong before the hub is.
WRONG_BYTES = 3


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Redirects are followed here, by hand: the token goes to the hub only, never to where the hub sends us."""

    def redirect_request(self, *_args: Any, **_options: Any) -> None:
        return None


def json_answer(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise RefusedError(UNAVAILABLE, f"the hub's list of files is no JSON: {error}") from error


class Attempts:
    """Bounded tries: waits are chosen at random below a limit that doubles, and every byte that arrives starts them again."""

    def __init__(self, stop: Stop, first_wait_seconds: float) -> None:
        self.stop = stop
        self.first_wait_seconds = first_wait_seconds
        self.failed = 0

    def after(self, problem: RefusedError, asked_seconds: float = 0.0) -> None:
        """Waits for the next try, or gives up with the problem."""
        self.failed += 1
        if self.failed >= TRIES:
            raise RefusedError(problem.code, f"{problem} ({TRIES} tries)")
        self.stop.wait(max(asked_seconds, pause(self.failed, self.first_wait_seconds, LONGEST_WAIT_SECONDS)))
        self.stop.check()


class Hub:
    """One model at one commit."""

    def __init__(
        self, model: str, revision: str, token: str | None, secret: str, stop: Stop, first_wait_seconds: float,
        context: ssl.SSLContext,
    ) -> None:
        self.model = model
        self.revision = revision
        self.token = token
        self.secret = secret
        self.stop = stop
        self.first_wait_seconds = first_wait_seconds
        self.endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        self.opener = urllib.request.build_opener(NoRedirects(), urllib.request.HTTPSHandler(context=context))

    def files(self) -> tuple[WantedFile, ...]:
        url = f"{self.endpoint}/api/models/{self.model}/revision/{self.revision}?blobs=true"
        attempts = Attempts(self.stop, self.first_wait_seconds)
        while True:
            try:
                with self._open(url, {}) as response:
                    value = json_answer(response.read())
                break
            except (OSError, http.client.HTTPException, RefusedError) as error:
                self._failed(error, "the list of files", attempts)
        try:
            if value["sha"] != self.revision:
                raise RefusedError(DATA, f"the hub answers for commit {value['sha']} when asked for {self.revision}; pin the model again")
            files = tuple(self._file(sibling) for sibling in value["siblings"])
        except (KeyError, TypeError, ValueError) as error:
            raise RefusedError(DATA, f"the hub's list of files cannot be read: {error!r}") from error
        return files

    def _file(self, sibling: Any) -> WantedFile:
        path, size, large = str(sibling["rfilename"]), int(sibling["size"]), sibling.get("lfs")
        if large is None:
            return WantedFile(path, size, None, str(sibling["blobId"]))
        if not re.fullmatch(r"[0-9a-f]{64}", str(large["sha256"])) or int(large["size"]) != size:
            raise ValueError(f"{path} has no sha256, or two sizes")
        return WantedFile(path, size, str(large["sha256"]), None)

    def stream(self, file: WantedFile) -> Iterator[bytes]:
        """All bytes of a file; goes on where a connection broke. Whether they are right is for the caller to see."""
        url = f"{self.endpoint}/{self.model}/resolve/{self.revision}/{urllib.parse.quote(file.path)}"
        attempts = Attempts(self.stop, self.first_wait_seconds)
        done = 0
        while True:
            try:
                # Asked for from the first byte as well, so that an empty file is no special case.
                headers = {"Range": f"bytes={done}-"} if done > 0 else {}
                with self._open(url, headers) as response:
                    self._check_answer(response, file, done)
                    while piece := response.read(min(PIECE_BYTES, file.size - done) or 1):
                        if done + len(piece) > file.size:
                            raise RefusedError(DATA, f"{file.path}: the hub sends more than {file.size} bytes")
                        done += len(piece)
                        attempts.failed = 0
                        yield piece
                if done == file.size:
                    return
                raise RefusedError(UNAVAILABLE, f"{file.path}: the connection ended after {done} of {file.size} bytes")
            except (OSError, http.client.HTTPException, RefusedError) as error:
                self._failed(error, file.path, attempts)

    def read(self, file: WantedFile) -> bytes:
        """A small file as a whole, with the digest that the hub has for it."""
        for _ in range(WRONG_BYTES):
            digests, content = Digests(file), b"".join(self.stream(file))
            digests.update(content)
            if digests.problem is None:
                return content
        raise RefusedError(DATA, f"{file.path}: the hub sends {digests.problem}, {WRONG_BYTES} times")

    def _check_answer(self, response: Any, file: WantedFile, start: int) -> None:
        if start > 0 and response.status != 206:
            raise RefusedError(UNAVAILABLE, f"{file.path}: the hub begins again instead of at byte {start}")
        content_range = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range") or f"bytes {start}-0/{file.size}")
        if content_range is None or (int(content_range[1]), int(content_range[2])) != (start, file.size):
            sent = response.headers.get("Content-Range")
            raise RefusedError(DATA, f"{file.path}: asked for the bytes from {start} on of {file.size}, the hub sends {sent}")
        length = response.headers.get("Content-Length")
        if length is not None and int(length) != file.size - start:
            raise RefusedError(DATA, f"{file.path}: the hub sends {length} bytes instead of {file.size - start}")

    def _open(self, url: str, headers: dict[str, str]) -> Any:
        """The answer to a GET, redirects followed. The caller closes it."""
        for _ in range(REDIRECTS):
            request = urllib.request.Request(url, headers={"User-Agent": "cdk8s-vllm", **headers})
            if self.token is not None and self._is_hub(url):
                request.add_unredirected_header("Authorization", f"Bearer {self.token}")
            try:
                response = self.opener.open(request, timeout=ANSWER_SECONDS)
                self._check_commit(response.headers)
                return response
            except urllib.error.HTTPError as error:
                location = error.headers.get("Location")
                if error.code not in (301, 302, 303, 307, 308) or location is None:
                    raise
                error.close()
                self._check_commit(error.headers)
                target = urllib.parse.urljoin(url, location)
                if urllib.parse.urlsplit(target).scheme != urllib.parse.urlsplit(url).scheme:
                    raise RefusedError(DATA, "the hub redirects to another protocol") from error
                url = target
        raise RefusedError(UNAVAILABLE, f"the hub redirects more than {REDIRECTS} times")

    def _is_hub(self, url: str) -> bool:
        hub, target = urllib.parse.urlsplit(self.endpoint), urllib.parse.urlsplit(url)
        return (hub.scheme, hub.netloc) == (target.scheme, target.netloc)

    def _check_commit(self, headers: Any) -> None:
        commit = headers.get("X-Repo-Commit")
        if commit is not None and commit != self.revision:
            raise MovedOnError(
                DATA, f"the hub answers with commit {commit} when asked for {self.revision}: the repository changed; pin the model again"
            )

    def _failed(self, error: Exception, what: str, attempts: Attempts) -> None:
        """Waits for another try where one may help; else says what a person can do."""
        if isinstance(error, MovedOnError):
            raise error
        if isinstance(error, RefusedError):
            self.stop.check()
            attempts.after(error)
            return
        if isinstance(error, urllib.error.HTTPError):
            if error.code in (401, 403, 404):
                self._not_given(error, what)
            problem = RefusedError(UNAVAILABLE, f"{what}: the hub answers {error.code} {error.reason}")
            asked = error.headers.get("Retry-After") if error.code in (408, 429) or error.code >= 500 else None
            attempts.after(problem, retry_after(asked, LONGEST_RETRY_AFTER_SECONDS))
            return
        if (refused := not_trusted(error)) is not None:
            raise refused from error
        attempts.after(RefusedError(UNAVAILABLE, f"{what}: the hub does not answer: {one_line(error)}"))

    def _not_given(self, error: urllib.error.HTTPError, what: str) -> NoReturn:
        code, page = error.headers.get("X-Error-Code") or "", f"https://huggingface.co/{self.model}"
        secret = f"kubectl create secret generic {self.secret} --from-file=token=FILE"
        if error.code == 404:
            lacks = f"no commit {self.revision}" if code == "RevisionNotFound" else f"no {what}"
            raise RefusedError(NO_INPUT, f"the hub answers 404: {self.model} has {lacks}; see {page} and pin a commit that is there")
        if error.code == 401 and self.token is None:
            raise RefusedError(
                NO_PERMISSION, f"the hub answers 401: {self.model} does not exist, or is not for everybody. If it is gated, accept its"
                f" licence at {page}, make a token at https://huggingface.co/settings/tokens, write it into FILE, and: {secret}",
            )
        if error.code == 401:
            raise RefusedError(
                NO_PERMISSION, f"the hub answers 401: the token is not valid, or {self.model} does not exist. Make a new one at"
                f" https://huggingface.co/settings/tokens, delete the Secret, and: {secret}",
            )
        raise RefusedError(
            NO_PERMISSION, f"the hub answers 403: the account of the token may not read {self.model}. Accept its licence at {page} with"
            " that account; a fine-grained token also needs to be allowed to read gated repositories",
        )


class MovedOnError(RefusedError):
    """The repository is at another commit; no try will help."""
