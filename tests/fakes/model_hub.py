"""A hub of models on localhost, as far as downloads use one."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote


class ModelHub:
    """Serves `files` of the model `name` at `commit`; everything else is not there. `gated` refuses downloads."""

    def __init__(self, name: str, commit: str, files: dict[str, bytes]) -> None:
        self.name, self.commit, self.files = name, commit, files
        self.gated = False
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub._answer(self, body=True)

            def do_HEAD(self) -> None:
                hub._answer(self, body=False)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "ModelHub":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = unquote(request.path.partition("?")[0])
        self.asked.append(path)
        if self.gated:
            return self._send(request, 403, b"{}", {"X-Error-Code": "GatedRepo"}, body=body)
        if path == f"/api/models/{self.name}/tree/{self.commit}":
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in self.files.items()
            ]
            return self._send(request, 200, json.dumps(tree).encode(), {}, body=body)
        if path.startswith(f"/api/models/{self.name}"):
            return self._describe(request, path, body=body)
        start = f"/{self.name}/resolve/{self.commit}/"
        content = self.files.get(path.removeprefix(start)) if path.startswith(start) else None
        if content is None:
            return self._send(request, 404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)
        tag = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": self.commit}
        return self._send(request, 200, content, tag, body=body)

    def _describe(self, request: BaseHTTPRequestHandler, path: str, *, body: bool) -> None:
        revision = path.partition("/revision/")[2] or "main"
        if revision not in ("main", self.commit):
            return self._send(request, 404, b"{}", {"X-Error-Code": "RevisionNotFound"}, body=body)
        siblings = [{"rfilename": name} for name in self.files]
        text = json.dumps({"id": self.name, "sha": self.commit, "siblings": siblings, "tags": []})
        return self._send(request, 200, text.encode(), {}, body=body)

    @staticmethod
    def _send(
        request: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str], *, body: bool
    ) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            request.send_header(name, value)
        request.end_headers()
        if body:
            request.wfile.write(content)
